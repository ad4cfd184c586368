//! The report: `REPORT.md` and the plots that it shows.

mod colours;
mod format;
mod machine;
mod overview;
mod scaling;
mod shared;
mod tables;
mod text;

use std::error::Error;
use std::fs;
use std::path::Path;

use crate::session::Results;

/// Writes the report and its plots to a folder.
pub(crate) fn write(results: &Results, folder: &Path) -> Result<(), Box<dyn Error>> {
    let plots = folder.join("plots");
    fs::create_dir_all(&plots)?;
    if !results.measured.is_empty() {
        overview::draw(results, &plots.join("overview.svg"))?;
    }
    if !results.curves.is_empty() {
        scaling::draw(&results.curves, &plots.join("scaling.svg"))?;
    }
    fs::write(folder.join("REPORT.md"), text::report(results))?;
    Ok(())
}
