//! As much of Markdown as the pages use: fenced blocks, headings, prose.

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The first word of its info string; empty without one.
    pub(crate) language: String,
    /// The line of its fence, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A line outside of all blocks, with its number from 1.
pub(crate) type Line<'a> = (usize, &'a str);

/// A page taken apart.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) blocks: Vec<Block>,
    pub(crate) prose: Vec<Line<'a>>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let mut parts = Self::default();
        let mut open: Option<(usize, Block)> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let ticks = fence(line);
            open = match open {
                None if ticks == 0 => {
                    parts.prose.push((number, line));
                    None
                }
                None => Some((ticks, opened(line, number))),
                Some((width, block)) if ticks >= width && info(line).is_empty() => {
                    parts.blocks.push(block);
                    None
                }
                Some((width, mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    Some((width, block))
                }
            };
        }
        assert!(open.is_none(), "a block is never closed: {open:?}");
        parts
    }

    /// The anchors that headings make on GitHub: lower case, without punctuation, with `-` for
    /// each space; a second one of a name gets `-1`.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        let headings = self.prose.iter().filter_map(|(_, line)| heading(line));
        for anchor in headings.map(anchor) {
            let earlier = |found: &&String| **found == anchor || is_numbered(found, &anchor);
            let anchor = match anchors.iter().filter(earlier).count() {
                0 => anchor,
                count => format!("{anchor}-{count}"),
            };
            anchors.push(anchor);
        }
        anchors
    }
}

/// How many backticks a fence has; 0 for any other line.
fn fence(line: &str) -> usize {
    let ticks = line.trim_start().chars().take_while(|&c| c == '`').count();
    if ticks < 3 || info(line).contains('`') { 0 } else { ticks }
}

fn info(line: &str) -> &str {
    line.trim().trim_start_matches('`').trim()
}

fn opened(line: &str, number: usize) -> Block {
    let language = info(line).split_whitespace().next().unwrap_or_default().to_owned();
    Block { language, line: number, text: String::new() }
}

fn heading(line: &str) -> Option<&str> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    (level > 0 && title.starts_with(' ')).then(|| title.trim())
}

fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

fn is_numbered(anchor: &str, name: &str) -> bool {
    let number = anchor.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| number.parse::<usize>().is_ok())
}

/// A line of prose as its inline code spans and the rest, in which they are blank.
pub(crate) fn spans(line: &str) -> (Vec<&str>, String) {
    let (mut codes, mut rest) = (Vec::new(), String::new());
    for (number, piece) in line.split('`').enumerate() {
        if number % 2 == 0 {
            rest.push_str(piece);
        } else {
            codes.push(piece);
            rest.extend(std::iter::repeat_n(' ', piece.chars().count()));
        }
    }
    (codes, rest)
}

#[test]
fn blocks_and_prose_are_told_apart() {
    let parts = Parts::of("# One\n```yaml x\na: 1\n```\ntext\n````md\n```\n````\n");
    let languages: Vec<_> = parts.blocks.iter().map(|block| block.language.as_str()).collect();
    assert_eq!(languages, ["yaml", "md"]);
    assert_eq!(parts.blocks[0].text, "a: 1\n");
    assert_eq!(parts.blocks[1].text, "```\n");
    assert_eq!(parts.prose, [(1, "# One"), (5, "text")]);
}

#[test]
fn anchors_are_those_of_github() {
    let parts = Parts::of("# `a_b.rs`: Two words\n## Again\n## Again\n### C++ & co.\n");
    assert_eq!(parts.anchors(), ["a_brs-two-words", "again", "again-1", "c--co"]);
}
