//! `{{name}}` in a text: where the names stand, and what stands between them.
//!
//! `{{{{` stands for the characters `{{`. What `${NAME}` put into a text is never looked
//! at: a variable's value is sent as it is.

use super::codes;
use super::context::Context;
use super::fields::start_of;
use super::tree::Node;
use super::variables;

/// What opens a placeholder.
const OPEN: &str = "{{";
/// What closes it.
const CLOSE: &str = "}}";

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'t> {
    /// As it is.
    Text(&'t str),
    /// The name in a placeholder, without the white space around it.
    Name(&'t str),
}

/// The parts of a text; what cannot be read is reported, and ends them.
pub(super) fn segments<'t>(text: &'t str, node: &Node, cx: &mut Context) -> Vec<Segment<'t>> {
    let mut segments = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(at) = text[from..].find(OPEN).map(|at| at + from) {
        let inside = at + OPEN.len();
        if variables::is_of_variable(node, at) {
            from = at + 1;
        } else if text[inside..].starts_with(OPEN) {
            segments.push(Segment::Text(&text[done..inside]));
            done = inside + OPEN.len();
            from = done;
        } else if let Some(name) = name_at(&text[inside..]) {
            segments.push(Segment::Text(&text[done..at]));
            segments.push(Segment::Name(name.trim()));
            done = inside + name.len() + CLOSE.len();
            from = done;
        } else {
            unreadable(node, cx);
            return segments;
        }
    }
    segments.push(Segment::Text(&text[done..]));
    segments.retain(|segment| *segment != Segment::Text(""));
    segments
}

/// A text where no value of an iteration can stand; a placeholder in it is reported.
pub(super) fn literal(text: &str, node: &Node, cx: &mut Context) -> Option<String> {
    let problems = cx.problem_count();
    let segments = segments(text, node, cx);
    if let Some(Segment::Name(_)) = segments.iter().find(|one| matches!(one, Segment::Name(_))) {
        cx.error(codes::NOT_SUPPORTED, start_of(node), "no value can be put in here by `{{…}}`")
            .help("write what every answer has; `{{{{` stands for the characters `{{`");
    }
    let text = segments.iter().map(|segment| match segment {
        Segment::Text(text) | Segment::Name(text) => *text,
    });
    (cx.problem_count() == problems).then(|| text.collect())
}

/// The name that a text begins with, up to `}}`.
fn name_at(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(CLOSE)?;
    let is_name = !name.trim().is_empty() && !name.contains(['{', '}', '\n']);
    is_name.then_some(name)
}

fn unreadable(node: &Node, cx: &mut Context) {
    cx.error(codes::PLACEHOLDER_SYNTAX, start_of(node), "`{{` must be followed by a name and `}}`")
        .help("for example \"{{records}}\"; write `{{{{` for the characters `{{`");
}

/// A text in which no placeholder is read.
pub(crate) fn escaped(text: &str) -> String {
    text.replace(OPEN, "{{{{")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Variables;
    use crate::scenario::tree::Value;

    fn node(text: &str) -> Node {
        let value = Value::Text(text.to_owned());
        Node { span: crate::scenario::source::Span::default(), value, replaced: Vec::new() }
    }

    fn of(text: &str) -> Vec<Segment<'_>> {
        let variables = Variables::new();
        segments(text, &node(text), &mut Context::new(&variables, None))
    }

    #[test]
    fn names_stand_between_texts() {
        use Segment::{Name, Text};
        assert_eq!(of("a"), [Text("a")]);
        assert_eq!(of("{{ a }}"), [Name("a")]);
        assert_eq!(of("x{{a}}{{b.c d}}}"), [Text("x"), Name("a"), Name("b.c d"), Text("}")]);
        assert_eq!(of(""), []);
    }

    #[test]
    fn four_braces_are_two() {
        let text = |segments: Vec<Segment<'_>>| -> String {
            let text = |segment| match segment {
                Segment::Text(text) => text,
                Segment::Name(_) => "NAME",
            };
            segments.into_iter().map(text).collect()
        };
        assert_eq!(text(of("a {{{{b}} {{c}}")), "a {{b}} NAME");
        for literal in ["{{", "{{{", "{{{{{", "{{a}}", "{ {{x"] {
            assert_eq!(text(of(&escaped(literal))), literal);
        }
    }
}
