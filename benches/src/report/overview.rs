//! The plot of all ratios to `Rc`: a group of bars for each row.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{colours, format};
use crate::catalog::Row;
use crate::measure::{Measured, State};
use crate::peers::Peer;
use crate::session::Results;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: i32 = 1100;
/// Where the bars begin: the titles are left of it.
const LEFT: i32 = 420;
const RIGHT: i32 = WIDTH - 70;
const TOP: i32 = 96;
const BAR: i32 = 11;
const GAP: i32 = 12;

/// The ratios at both ends of the scale.
const LEAST: f64 = 0.03;
const GREATEST: f64 = 300.0;

pub(crate) fn draw(results: &Results, file: &Path) -> Result<(), Box<dyn Error>> {
    let rows: Vec<(&Measured, &Row)> = results
        .measured
        .iter()
        .flat_map(|measured| {
            measured
                .workload
                .rows
                .iter()
                .map(move |row| (measured, row))
        })
        .filter(|(_, row)| row.baseline == Some(Peer::Rc))
        .filter(|(measured, _)| measured.workload.only.is_none())
        .collect();
    let peers: Vec<Peer> = results
        .peers
        .iter()
        .copied()
        .filter(|&it| it != Peer::Rc)
        .collect();
    let group = BAR * peers.len() as i32 + GAP;
    let bottom = TOP + group * rows.len() as i32;

    let area = SVGBackend::new(file, (WIDTH as u32, bottom as u32 + 40)).into_drawing_area();
    area.fill(&WHITE)?;
    text(
        &area,
        "Time as a multiple of Rc (memory for the last row)",
        (12, 22),
        20,
        HPos::Left,
    )?;
    legend(&area, &peers)?;
    scale(&area, bottom)?;
    for (number, (measured, row)) in rows.into_iter().enumerate() {
        let top = TOP + group * number as i32 + GAP / 2;
        let middle = top + (group - GAP) / 2;
        for (line, part) in wrapped(&row.title(&measured.workload)).iter().enumerate() {
            text(
                &area,
                part,
                (LEFT - 10, middle - 8 + 16 * line as i32),
                14,
                HPos::Right,
            )?;
        }
        for (place, &peer) in peers.iter().enumerate() {
            bar(&area, measured, row, peer, top + BAR * place as i32)?;
        }
    }
    area.present()?;
    Ok(())
}

fn legend(area: &Area<'_>, peers: &[Peer]) -> Result<(), Box<dyn Error>> {
    let step = (WIDTH - 24) / 6;
    for (number, &peer) in peers.iter().enumerate() {
        let (column, line) = (number as i32 % 6, number as i32 / 6);
        let (x, y) = (12 + column * step, 40 + line * 18);
        let style = colours::of(peer).filled();
        area.draw(&Rectangle::new([(x, y), (x + 14, y + 10)], style))?;
        text(area, peer.name(), (x + 20, y + 5), 14, HPos::Left)?;
    }
    Ok(())
}

/// Vertical lines with their ratios above and below.
fn scale(area: &Area<'_>, bottom: i32) -> Result<(), Box<dyn Error>> {
    for mark in [0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0] {
        let x = place(mark);
        let style = if mark == 1.0 {
            BLACK.stroke_width(2)
        } else {
            BLACK.mix(0.2).into()
        };
        area.draw(&PathElement::new([(x, TOP), (x, bottom)], style))?;
        for y in [TOP - 10, bottom + 12] {
            text(area, &mark.to_string(), (x, y), 13, HPos::Center)?;
        }
    }
    Ok(())
}

/// From 1 to the ratio; or in words why there is none.
fn bar(
    area: &Area<'_>,
    measured: &Measured,
    row: &Row,
    peer: Peer,
    top: i32,
) -> Result<(), Box<dyn Error>> {
    let colour = colours::of(peer);
    let middle = top + BAR / 2;
    let Some(ratio) = measured.ratio(row, peer) else {
        let state = measured.of(peer).map(|outcome| &outcome.state);
        if let Some(State::Failed(failure)) = state {
            let words = format!("✗ {}: {}", peer.name(), failure.short());
            let style = ("sans-serif", 10).into_font().color(&colour);
            let style = style.pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(words, (place(1.0) + 4, middle), style))?;
        }
        return Ok(());
    };
    let (one, end) = (place(1.0), place(ratio));
    let corners = [(one.min(end), top), (one.max(end), top + BAR - 2)];
    area.draw(&Rectangle::new(corners, colour.filled()))?;
    let (x, side) = if end >= one {
        (end + 4, HPos::Left)
    } else {
        (end - 4, HPos::Right)
    };
    text(area, &format::ratio(ratio), (x, middle), 10, side)
}

fn place(ratio: f64) -> i32 {
    let share = (ratio.clamp(LEAST, GREATEST) / LEAST).ln() / (GREATEST / LEAST).ln();
    LEFT + (f64::from(RIGHT - LEFT) * share) as i32
}

/// A title in two lines, if it is long.
fn wrapped(title: &str) -> Vec<&str> {
    let mut split = title
        .char_indices()
        .filter(|(_, it)| *it == ' ')
        .map(|(at, _)| at);
    match split.rfind(|at| *at < 52) {
        Some(at) if title.len() > 52 => vec![&title[..at], &title[at + 1..]],
        _ => vec![title],
    }
}

fn text(
    area: &Area<'_>,
    words: &str,
    at: (i32, i32),
    size: i32,
    side: HPos,
) -> Result<(), Box<dyn Error>> {
    let style = ("sans-serif", size).into_font().color(&BLACK);
    let style = style.pos(Pos::new(side, VPos::Center));
    area.draw(&Text::new(words.to_owned(), at, style))?;
    Ok(())
}
