//! Edge lists: how they are cut into parts, and what their lines say.

use std::fmt;

/// Two triangles with a bridge, a ring, a pair, and a node with an edge to itself.
pub(crate) const SAMPLE: &str = "\
# FromNodeId\tToNodeId
1\t2
2\t3
3\t1
3\t4
4\t5
5\t6
6\t4
10\t11
11\t12
12\t13
13\t10
20\t21
21\t20
30\t30
";

/// A line that is no edge.
pub(crate) struct Malformed {
    number: usize,
    text: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, text } = self;
        write!(f, "line {number} is not FROM<TAB>TO: {text:?}")
    }
}

/// A part of a file, of whole lines.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    text: &'a [u8],
    /// The number of its first line.
    first: usize,
}

/// Cuts a file into parts of about that many bytes.
pub(crate) fn parts(text: &[u8], size: usize) -> Vec<Part<'_>> {
    let (mut parts, mut rest, mut first) = (Vec::new(), text, 1);
    while !rest.is_empty() {
        let start = size.min(rest.len());
        let more = rest[start..].iter().position(|byte| *byte == b'\n');
        let (part, others) = rest.split_at(more.map_or(rest.len(), |more| start + more + 1));
        parts.push(Part { text: part, first });
        first += part.iter().filter(|byte| **byte == b'\n').count();
        rest = others;
    }
    parts
}

impl<'a> Part<'a> {
    pub(crate) fn bytes(self) -> usize {
        self.text.len()
    }

    /// Its edges, and its lines that are none. Empty lines and comments are passed over.
    pub(crate) fn edges(self) -> impl Iterator<Item = Result<(u64, u64), Malformed>> + use<'a> {
        let lines = self
            .text
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii);
        let lines = (self.first..).zip(lines);
        let lines = lines.filter(|(_, line)| !line.is_empty() && line[0] != b'#');
        lines.map(|(number, line)| {
            edge(line).ok_or_else(|| Malformed {
                number,
                text: String::from_utf8_lossy(line).chars().take(60).collect(),
            })
        })
    }
}

fn edge(line: &[u8]) -> Option<(u64, u64)> {
    let (from, to) = str::from_utf8(line).ok()?.split_once('\t')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}
