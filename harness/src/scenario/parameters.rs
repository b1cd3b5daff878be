//! `query:` and `form:` — names with values, written as browsers write a form: UTF-8, a
//! blank as `+`, and everything but letters, digits and `*-._` as `%XX`
//! (`application/x-www-form-urlencoded`, URL Standard §5.2).
//!
//! A path is taken as it is written; whoever needs another encoding writes it there.

use super::body;
use super::codes;
use super::context::Context;
use super::fields;
use super::names::Names;
use super::template::{Form, Template};
use super::tree::{Node, Value};
use super::variables;

/// Lowers a map from names to values, or to lists of values that repeat the name.
pub(super) fn encoded(node: &Node, names: &mut Names, cx: &mut Context) -> Option<Template> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from names to values", cx)
            .help("write for example `{ page: 2, tag: [new, red] }`");
        return None;
    };
    if entries.is_empty() {
        nothing_there(node, cx);
    }
    let before = cx.problem_count();
    let mut template = Template::default();
    let mut seen: Vec<String> = Vec::new();
    for (key, value) in entries {
        let (name, values) = (name(key, &seen, names, cx), values(value, names, cx));
        let (Some((text, name)), Some(values)) = (name, values) else { continue };
        for value in values {
            template.push_fixed(if template.is_empty() { b"" } else { b"&" });
            template.push(&name);
            template.push_fixed(b"=");
            template.push(&value);
        }
        seen.push(text);
    }
    (cx.problem_count() == before && !entries.is_empty()).then_some(template)
}

/// A path with a query behind the one that it may have already.
pub(super) fn joined(path: &Template, written: &str, query: &Template) -> Template {
    let between: &[u8] = match written.split_once('?') {
        None => b"?",
        Some((_, before)) if before.is_empty() || before.ends_with('&') => b"",
        Some(_) => b"&",
    };
    let mut joined = path.clone();
    joined.push_fixed(between);
    joined.push(query);
    joined
}

/// A name, as it is written and as it is sent.
fn name(
    key: &Node,
    before: &[String],
    names: &mut Names,
    cx: &mut Context,
) -> Option<(String, Template)> {
    let name = fields::scalar_text(key, cx)?;
    if before.contains(&name) {
        cx.error(codes::DUPLICATE_KEY, key.span, format!("duplicate name `{name}`"))
            .help(format!("a list repeats the name: `{name}: [1, 2]`"));
        return None;
    }
    let template = body::template(&name, Form::Encoded, key, names, cx)?;
    Some((name, template))
}

fn values(node: &Node, names: &mut Names, cx: &mut Context) -> Option<Vec<Template>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        nothing_there(node, cx);
        return None;
    }
    let values: Vec<_> = items.iter().map(|item| value(item, names, cx)).collect();
    values.into_iter().collect()
}

/// The value is never part of a message: it may be a secret. An empty one is sent empty.
fn value(node: &Node, names: &mut Names, cx: &mut Context) -> Option<Template> {
    if node.value == Value::Null {
        fields::wrong_type(node, "a text, a number or a list of them", cx)
            .help("write `''` for an empty value");
        return None;
    }
    let text = variables::exact_text(node, cx)?;
    body::template(&text, Form::Encoded, node, names, cx)
}

fn nothing_there(node: &Node, cx: &mut Context) {
    cx.error(codes::EMPTY_VALUE, fields::start_of(node), "nothing would be sent here")
        .help("write at least one name and value, or remove the key");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_goes_behind_what_the_path_has_already() {
        for (path, whole) in [
            ("/a", "/a?x=1"),
            ("/a?", "/a?x=1"),
            ("/a?b=c", "/a?b=c&x=1"),
            ("/a?b=c&", "/a?b=c&x=1"),
        ] {
            let joined = joined(&Template::of(path), path, &Template::of("x=1"));
            assert_eq!(joined.fixed(), Some(whole.as_bytes()));
        }
    }
}
