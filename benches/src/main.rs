//! Measures gordian beside `Rc`, slotmap and the other garbage collectors of crates.io.
//!
//! ```sh
//! cargo run --release -p gordian-benches             # a quarter of an hour; writes benches/REPORT.md
//! cargo run --release -p gordian-benches -- --help
//! ```
//!
//! `workloads` says what is measured, against the interface in `heap` that the competitors in
//! `peers` implement; `structures` are the graphs they work on. Each competitor runs each workload
//! in a process of its own (`child`), and `measure` takes their repetitions in turn. `catalog` has
//! the rows of the report, with what gordian is to reach; `report` writes it. What is shared between
//! threads is in the modules `shared` of these.

mod args;
mod catalog;
mod child;
mod heap;
mod measure;
mod peers;
mod report;
mod session;
mod structures;
mod workloads;

use std::process::ExitCode;

use crate::args::Command;

#[expect(clippy::print_stdout, reason = "the answer to --help")]
fn main() -> ExitCode {
    let done = match args::parse() {
        Ok(Command::Help) => {
            print!("{}", args::HELP);
            Ok(())
        }
        Ok(Command::Child {
            workload,
            peer,
            size,
        }) => {
            if child::run(&workload, peer, size) {
                Ok(())
            } else {
                Err(format!("there is no workload {workload:?}"))
            }
        }
        Ok(Command::Report(options)) => session::run(&options).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
