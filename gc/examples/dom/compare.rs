//! The same work on `Gc` and on `Rc`, each in a process of its own.
//!
//! The parent starts this program again with a hidden flag and sends it the contents of the files:
//! for each its length as eight bytes, then its bytes. The child drops every document before the
//! next and answers with how many bytes it has not got back.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use indicatif::{BinaryBytes, HumanCount};

use crate::args::{CHILD_FLAG, Tree};
use crate::{alloc, input, on_gc, on_rc};

/// More files than this would only make `Rc` leak more.
const MOST_FILES: usize = 200;

/// Prints what both trees leave behind after a selection of `files`.
pub(crate) fn run(out: &mut impl Write, files: &[PathBuf]) -> io::Result<()> {
    // Evenly spread over the list; nothing to read means the embedded sample.
    let count = files.len().min(MOST_FILES);
    let selection: Vec<&Path> = (0..count)
        .map(|i| files[i * files.len() / count].as_path())
        .collect();
    let shown = HumanCount(selection.len().max(1) as u64);
    writeln!(out, "left behind by the same work, files: {shown}")?;
    for (tree, name) in [(Tree::Gc, "gordian::Gc"), (Tree::Rc, "std::rc::Rc")] {
        let left = measure(tree, &selection)
            .map_err(|error| io::Error::new(error.kind(), format!("comparing {name}: {error}")))?;
        let left_per_file = left / selection.len().max(1) as u64;
        let (left, left_per_file) = (BinaryBytes(left), BinaryBytes(left_per_file));
        writeln!(out, "  {name}            {left}, {left_per_file} a file")?;
    }
    Ok(())
}

/// The bytes that `tree` leaves behind after `files`.
fn measure(tree: Tree, files: &[&Path]) -> io::Result<u64> {
    let mut child = Command::new(std::env::current_exe()?)
        .args([CHILD_FLAG, tree.name()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let sent = send(&mut child, files);
    let output = child.wait_with_output()?;
    // A child that failed explains a broken pipe better than the pipe does.
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "the child process ended with {}",
            output.status
        )));
    }
    sent?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|error| io::Error::other(format!("the child process answered nonsense: {error}")))
}

fn send(child: &mut Child, files: &[&Path]) -> io::Result<()> {
    let Some(pipe) = child.stdin.take() else {
        return Ok(());
    };
    let mut pipe = BufWriter::new(pipe);
    let mut send_one = |html: &[u8]| {
        pipe.write_all(&(html.len() as u64).to_le_bytes())?;
        pipe.write_all(html)
    };
    if files.is_empty() {
        send_one(input::SAMPLE)?;
    }
    for path in files {
        let html = fs::read(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        send_one(&html)?;
    }
    pipe.flush()
}

/// Is the child: builds and drops the DOM of every file on standard input.
pub(crate) fn child(tree: Tree) -> io::Result<()> {
    let read_page = match tree {
        Tree::Gc => on_gc::dom::read_page,
        Tree::Rc => on_rc::dom::read_page,
    };
    let mut input = io::stdin().lock();
    // What is set up once, such as tables and buffers, is no leak.
    read_page(input::SAMPLE);
    let before = alloc::live_bytes();
    while let Some(html) = receive(&mut input)? {
        read_page(&html);
    }
    writeln!(io::stdout(), "{}", (alloc::live_bytes() - before).max(0))
}

/// The next file, or none at the end of the input.
fn receive(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    match input.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u64::from_le_bytes(length);
    let mut html = Vec::new();
    input.take(length).read_to_end(&mut html)?;
    if html.len() as u64 == length {
        Ok(Some(html))
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}
