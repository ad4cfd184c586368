//! A child process, from the parent's side.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::args::CHILD;
use crate::child::{READY, UNSUPPORTED};
use crate::peers::Peer;

/// What became of a child that did not do what it was asked to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    StackOverflow,
    Panic(String),
    Signal(i32),
    Exit(i32),
    TimedOut(Duration),
}

impl Failure {
    /// One or two words.
    pub(crate) fn short(&self) -> String {
        match self {
            Self::StackOverflow => "overflow".into(),
            Self::Panic(_) => "panic".into(),
            Self::Signal(number) => format!("signal {number}"),
            Self::Exit(code) => format!("exit {code}"),
            Self::TimedOut(limit) => format!("> {} s", limit.as_secs()),
        }
    }

    fn of(status: ExitStatus, said: &str) -> Option<Self> {
        if said.contains("has overflowed its stack") {
            return Some(Self::StackOverflow);
        }
        if let Some(signal) = status.signal() {
            return Some(Self::Signal(signal));
        }
        match status.code() {
            Some(0) => None,
            Some(101) => Some(Self::Panic(message(said))),
            code => Some(Self::Exit(code.unwrap_or(-1))),
        }
    }
}

/// What a panic said: the line below the one that says where.
fn message(said: &str) -> String {
    let mut lines = said
        .lines()
        .skip_while(|line| !line.contains("panicked at"));
    lines.nth(1).unwrap_or("no message").into()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StackOverflow => f.write_str("overflowed the stack (8 MiB)"),
            Self::Panic(message) => write!(f, "panicked: {message}"),
            Self::Signal(11) => f.write_str("was killed by signal 11 (SIGSEGV)"),
            Self::Signal(6) => f.write_str("was killed by signal 6 (SIGABRT)"),
            Self::Signal(number) => write!(f, "was killed by signal {number}"),
            Self::Exit(code) => write!(f, "exited with code {code}"),
            Self::TimedOut(limit) => write!(f, "did not answer within {} s", limit.as_secs()),
        }
    }
}

/// What a child answers.
pub(super) enum Answer {
    Ready,
    Unsupported,
    Numbers(Vec<f64>),
    Failed(Failure),
}

/// A running child.
pub(super) struct Worker {
    child: Child,
    requests: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Worker {
    pub(super) fn start(workload: &str, peer: Peer, size: usize) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([CHILD, workload, peer.name(), &size.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let output = child.stdout.take();
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = output
                .into_iter()
                .flat_map(|out| BufReader::new(out).lines());
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            requests,
            lines,
        })
    }

    /// Asks for a repetition.
    pub(super) fn ask(&mut self) {
        // A child that has died is noticed when it does not answer.
        let _ = self
            .requests
            .as_mut()
            .map(|requests| requests.write_all(b"\n"));
    }

    pub(super) fn answer(&mut self, patience: Duration) -> Answer {
        match self.lines.recv_timeout(patience) {
            Ok(line) if line == READY => Answer::Ready,
            Ok(line) if line == UNSUPPORTED => Answer::Unsupported,
            Ok(line) => {
                let numbers = line.split(' ').map_while(|number| number.parse().ok());
                Answer::Numbers(numbers.collect())
            }
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                Answer::Failed(Failure::TimedOut(patience))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Answer::Failed(self.wait(patience).unwrap_or(Failure::Exit(0)))
            }
        }
    }

    /// Lets the child end.
    pub(super) fn finish(mut self, patience: Duration) -> Option<Failure> {
        self.requests = None;
        self.wait(patience)
    }

    fn wait(&mut self, patience: Duration) -> Option<Failure> {
        let start = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                let mut said = String::new();
                let stderr = self.child.stderr.as_mut();
                let _ = stderr.map(|stderr| stderr.read_to_string(&mut said));
                return Failure::of(status, &said);
            }
            if start.elapsed() > patience {
                self.kill();
                return Some(Failure::TimedOut(patience));
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
