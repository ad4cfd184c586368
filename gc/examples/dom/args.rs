//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Parses HTML files into a DOM whose nodes hold strong handles to their parents,
siblings and children, and lets the collector of gordian free it.

Usage: dom [OPTIONS] [FILE or DIRECTORY]...

Directories are searched recursively for *.html and *.htm. Without arguments it
reads the Rust documentation (book, reference, nomicon, error_codes) of the
toolchain in use, or an embedded sample if that is not installed. With one file
it also prints what it found in that file.

Options:
      --compare  build the same DOM on std::rc::Rc too, for at most 200 of the
                 files, and say how much memory each leaves behind
  -h, --help     print this

Exit status: 0, or 1 if any file or directory could not be read, or 2 if the
command line is wrong.
";

/// The flag by which `--compare` starts this program again; see [`crate::compare`].
pub(crate) const CHILD_FLAG: &str = "--child";

/// What to do.
pub(crate) enum Command {
    /// Print [`HELP`].
    Help,
    /// Be the child process of a comparison.
    Child(Tree),
    /// Read files.
    Run(Options),
}

/// The options of a normal run.
#[derive(Default)]
pub(crate) struct Options {
    /// Files and directories as given.
    pub(crate) inputs: Vec<PathBuf>,
    /// Whether to compare with `Rc` afterwards.
    pub(crate) compare: bool,
}

/// Which of the two DOMs to build.
#[derive(Clone, Copy)]
pub(crate) enum Tree {
    /// The one on `gordian::Gc`.
    Gc,
    /// The one on `std::rc::Rc`.
    Rc,
}

impl Tree {
    /// The value of [`CHILD_FLAG`].
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gc => "gc",
            Self::Rc => "rc",
        }
    }
}

/// Understands `args`, which do not start with the program's name.
pub(crate) fn parse(mut args: impl Iterator<Item = OsString>) -> Result<Command, String> {
    let mut options = Options::default();
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("-h" | "--help") => return Ok(Command::Help),
            Some("--compare") => options.compare = true,
            Some(CHILD_FLAG) => return child(args.next()),
            Some("--") => {
                options.inputs.extend(args.map(PathBuf::from));
                break;
            }
            Some(flag) if flag.starts_with('-') => return Err(format!("unknown option {flag}")),
            _ => options.inputs.push(arg.into()),
        }
    }
    Ok(Command::Run(options))
}

fn child(value: Option<OsString>) -> Result<Command, String> {
    [Tree::Gc, Tree::Rc]
        .into_iter()
        .find(|tree| value.as_ref().is_some_and(|value| value == tree.name()))
        .map(Command::Child)
        .ok_or_else(|| format!("{CHILD_FLAG} needs gc or rc"))
}
