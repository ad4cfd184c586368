//! Which files to read.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is read when there is nothing else.
pub(crate) const SAMPLE: &[u8] = include_bytes!("sample.html");

/// The parts of the Rust documentation that are read when no input is named.
const DEFAULT_PARTS: [&str; 4] = ["book", "reference", "nomicon", "error_codes"];

/// The files to read, in a stable order, and what could not be searched.
#[derive(Default)]
pub(crate) struct Inputs {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) skipped: Vec<Skipped>,
}

/// An input that could not be read, and why.
pub(crate) struct Skipped {
    path: PathBuf,
    reason: String,
}

impl Skipped {
    pub(crate) fn new(path: PathBuf, reason: &impl ToString) -> Self {
        Self {
            path,
            reason: reason.to_string(),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

/// The documentation of the toolchain in use; nothing if it is not installed.
pub(crate) fn default_inputs() -> Inputs {
    let Some(html) = documentation() else {
        return Inputs::default();
    };
    let parts: Vec<_> = DEFAULT_PARTS
        .iter()
        .map(|part| html.join(part))
        .filter(|part| part.is_dir())
        .collect();
    walk(&parts)
}

fn documentation() -> Option<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .ok()?;
    let sysroot = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| Path::new(sysroot.trim_end()).join("share/doc/rust/html"))
}

/// All files among `roots` and all `*.html` and `*.htm` below the directories among them.
///
/// Links are followed to files but not to directories, which could lead in circles.
pub(crate) fn walk(roots: &[PathBuf]) -> Inputs {
    let mut inputs = Inputs::default();
    for root in roots {
        let start = inputs.files.len();
        match fs::metadata(root) {
            Ok(meta) if meta.is_dir() => {
                search(root, &mut inputs);
                inputs.files[start..].sort_unstable();
            }
            Ok(_) => inputs.files.push(root.clone()),
            Err(error) => inputs.skipped.push(Skipped::new(root.clone(), &error)),
        }
    }
    inputs
}

fn search(root: &Path, inputs: &mut Inputs) {
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        if let Err(error) = search_one(&directory, &mut directories, &mut inputs.files) {
            inputs.skipped.push(Skipped::new(directory, &error));
        }
    }
}

fn search_one(
    directory: &Path,
    directories: &mut Vec<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            directories.push(path);
        } else if is_html(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    Ok(())
}

fn is_html(path: &Path) -> bool {
    path.extension()
        .and_then(OsStr::to_str)
        .is_some_and(|extension| {
            extension.eq_ignore_ascii_case("html") || extension.eq_ignore_ascii_case("htm")
        })
}
