//! What the numbers were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Facts about the machine and the toolchain, a line each.
pub(crate) fn facts() -> Vec<(&'static str, String)> {
    vec![
        ("date", said("date", &["-u", "+%F"])),
        ("processor", processor()),
        ("kernel", read("/proc/sys/kernel/osrelease")),
        ("rustc", said("rustc", &["--version"])),
        ("allocator", "the system's".into()),
    ]
}

fn processor() -> String {
    let text = read("/proc/cpuinfo");
    let models = || text.lines().filter(|line| line.starts_with("model name"));
    let model = models().next().and_then(|line| line.split(": ").nth(1));
    format!("{}, {} cores", model.unwrap_or("unknown"), models().count())
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|_| "unknown".into());
    text.trim().into()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".into())
}

/// The version of a package in `Cargo.lock`.
pub(crate) fn version(package: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = fs::read_to_string(path).unwrap_or_default();
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    let version = lines.next().and_then(|line| line.split('"').nth(1));
    version.unwrap_or("unknown").into()
}
