//! A colour for each crate, the same in all plots.

use plotters::style::RGBColor;

use crate::peers::Peer;

pub(crate) fn of(peer: Peer) -> RGBColor {
    let [red, green, blue] = match peer {
        Peer::Gordian => [214, 39, 40],
        Peer::Rc => [20, 20, 20],
        Peer::Slotmap => [150, 150, 150],
        Peer::Arena => [31, 119, 180],
        Peer::Dumpster => [255, 127, 14],
        Peer::RustCc => [148, 103, 189],
        Peer::Gcmodule => [44, 160, 44],
        Peer::Jrsonnet => [152, 223, 138],
        Peer::BaconRajan => [140, 86, 75],
        Peer::Gc => [227, 119, 194],
        Peer::Boa => [23, 190, 207],
        Peer::Rudo => [188, 189, 34],
        Peer::Arc => [90, 90, 90],
    };
    RGBColor(red, green, blue)
}
