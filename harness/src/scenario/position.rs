//! From a position in a scalar's value back to the file: quotes, escapes, block
//! indentation and `${NAME}` move characters about.

use super::source::{Source, Span};
use super::tree::Node;

/// The place in the file of a part of a node's text, in bytes of the text; the
/// whole node where the way back is not certain.
pub(super) fn span_within(source: &Source, node: &Node, offset: usize, length: usize) -> Span {
    let Some(value) = node.text() else {
        return node.span;
    };
    let written = source.slice(node.span);
    let Some(origins) = origins(node, value, written) else {
        return node.span;
    };
    let Some(last) = origins.last().copied() else {
        return node.span;
    };
    let from = origins.get(offset).copied().unwrap_or(last);
    let to = origins.get(offset + length).copied().unwrap_or(last);
    // A part that goes on in the next line is underlined to the end of its first.
    node.span.part(from, to.saturating_sub(from).max(1))
}

/// For each byte of the value, and its end, where it comes from.
fn origins(node: &Node, value: &str, written: &str) -> Option<Vec<usize>> {
    match written.bytes().next() {
        Some(quote @ (b'"' | b'\'')) => align(node, value, written, 1, Some(quote))
            .or_else(|| align(node, value, written, 0, None)),
        _ => align(node, value, written, 0, None),
    }
}

fn align(
    node: &Node,
    value: &str,
    written: &str,
    from: usize,
    quote: Option<u8>,
) -> Option<Vec<usize>> {
    let (value, written) = (value.as_bytes(), written.as_bytes());
    let mut origins = Vec::with_capacity(value.len() + 1);
    let mut at = from;
    let mut replaced = node.replaced.iter().peekable();
    loop {
        while let Some(next) = replaced.next_if(|next| next.start == origins.len()) {
            origins.extend(std::iter::repeat_n(at, next.length));
            at += next.was;
        }
        let Some(wanted) = value.get(origins.len()) else {
            break;
        };
        let step = step_over(*wanted, written.get(at..)?, quote)?;
        origins.push(at);
        at += step;
    }
    origins.push(at);
    Some(origins)
}

/// How many written bytes one byte of the value takes.
fn step_over(wanted: u8, written: &[u8], quote: Option<u8>) -> Option<usize> {
    match (quote, written) {
        (Some(b'\''), [b'\'', b'\'', ..]) if wanted == b'\'' => Some(2),
        (Some(b'"'), [b'\\', escaped, ..]) => escape_is(*escaped, wanted).then_some(2),
        (_, [b'\n' | b'\r', ..]) if matches!(wanted, b' ' | b'\n') => {
            let blanks = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
            Some(written.iter().take_while(blanks).count())
        }
        (_, [same, ..]) if *same == wanted => Some(1),
        _ => None,
    }
}

fn escape_is(escaped: u8, wanted: u8) -> bool {
    match escaped {
        b'n' => wanted == b'\n',
        b't' => wanted == b'\t',
        b'"' | b'\\' | b'/' => escaped == wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::scenario::context::Context;
    use crate::scenario::model::Variables;
    use crate::scenario::{tree, variables};

    /// What is underlined of `wanted` in the value of `a`.
    fn underlined(text: &str, wanted: &str) -> String {
        let variables = Variables::from([("X".to_owned(), "value".to_owned())]);
        let source = Arc::new(Source::new(Path::new("a.yaml"), text));
        let mut cx = Context::new(&variables, None);
        let file = cx.add_source(Arc::clone(&source));
        let mut root = tree::parse(&source, file).unwrap();
        variables::replace(&mut root, &mut cx);
        let node = root.get("a").unwrap();
        let offset = node.text().unwrap().find(wanted).unwrap();
        source.slice(span_within(&source, node, offset, wanted.len())).to_owned()
    }

    #[test]
    fn finds_a_part_in_every_style_of_scalar() {
        assert_eq!(underlined("a: one two\n", "two"), "two");
        assert_eq!(underlined("a: 'it''s two'\n", "two"), "two");
        assert_eq!(underlined("a: \"q\\\"x\\t two\"\n", "two"), "two");
        assert_eq!(underlined("a: |\n  one\n  two\n", "two"), "two");
        assert_eq!(underlined("a: >-\n  one\n  two\n", "two"), "two");
        assert_eq!(underlined("a: 'one\n  two'\n", "two"), "two");
        assert_eq!(underlined("a: ü two\n", "two"), "two");
    }

    #[test]
    fn finds_a_part_after_and_in_a_variable() {
        assert_eq!(underlined("a: ${X} two\n", "two"), "two");
        assert_eq!(underlined("a: \"$${X} two\"\n", "two"), "two");
        assert_eq!(underlined("a: x ${X} two\n", "value"), "${X}");
    }

    #[test]
    fn underlines_the_whole_text_where_the_way_back_is_not_certain() {
        assert_eq!(underlined("a: \"\\x41 two\"\n", "two"), "\"\\x41 two\"");
    }
}
