//! The plot of the sweep: time by heap size.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::colours;
use crate::catalog::grouped;
use crate::measure::Curve;
use crate::peers::Peer;

const SIZE: (u32, u32) = (1000, 600);
/// The width of the column of names.
const LEGEND: u32 = 180;

pub(crate) fn draw(curves: &[Curve], file: &Path) -> Result<(), Box<dyn Error>> {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let sizes = points().map(|point| point.0 as f64);
    let times = points().map(|point| point.1);
    let x = bounds(sizes);
    let y = bounds(times);

    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (area, names) = area.split_horizontally(SIZE.0 - LEGEND);
    let mut chart = ChartBuilder::on(&area)
        .caption(
            "Dead pairs beside a live graph, automatic collection",
            ("sans-serif", 20),
        )
        .margin(12)
        .margin_right(30)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d((x.0..x.1).log_scale(), (y.0 / 1.3..y.1 * 1.3).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("live nodes")
        .y_desc("ns for a pair")
        .label_style(("sans-serif", 14))
        .axis_desc_style(("sans-serif", 16))
        .x_label_formatter(&|size| powers_only(*size))
        .y_label_formatter(&|time| powers_only(*time))
        .draw()?;
    for (line, curve) in curves.iter().enumerate() {
        let colour = colours::of(curve.peer);
        let width = if curve.peer == Peer::Gordian { 4 } else { 2 };
        let points = || curve.points.iter().map(|&(size, time)| (size as f64, time));
        chart.draw_series(LineSeries::new(points(), colour.stroke_width(width)))?;
        chart.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;

        let y = 60 + 24 * line as i32;
        let sample = [(0, y), (26, y)];
        names.draw(&PathElement::new(sample, colour.stroke_width(width)))?;
        let style = ("sans-serif", 15).into_font().color(&BLACK);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        names.draw(&Text::new(curve.peer.name(), (34, y), style))?;
    }
    area.present()?;
    Ok(())
}

/// A label for powers of ten, and none for what is between them.
fn powers_only(value: f64) -> String {
    let power = value.log10();
    if (power - power.round()).abs() < 1e-6 {
        grouped(value.round() as usize)
    } else {
        String::new()
    }
}

/// The least and the greatest; never the same, so that there is something to draw.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low < high { (low, high) } else { (1.0, 10.0) }
}
