//! `query:` and `form:` — names with values, written as browsers write a form: UTF-8, a
//! blank as `+`, and everything but letters, digits and `*-._` as `%XX`
//! (`application/x-www-form-urlencoded`, URL Standard §5.2).
//!
//! A path is taken as it is written; whoever needs another encoding writes it there.

use form_urlencoded::Serializer;

use super::codes;
use super::context::Context;
use super::fields;
use super::tree::{Node, Value};
use super::variables;

/// Lowers a map from names to values, or to lists of values that repeat the name.
pub(super) fn encoded(node: &Node, cx: &mut Context) -> Option<String> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from names to values", cx)
            .help("write for example `{ page: 2, tag: [new, red] }`");
        return None;
    };
    if entries.is_empty() {
        nothing_there(node, cx);
    }
    let mut serializer = Serializer::new(String::new());
    let mut names: Vec<String> = Vec::new();
    let mut all_good = !entries.is_empty();
    for (key, value) in entries {
        let (name, values) = (name(key, &names, cx), values(value, cx));
        let (Some(name), Some(values)) = (name, values) else {
            all_good = false;
            continue;
        };
        serializer.extend_pairs(values.iter().map(|value| (&name, value)));
        names.push(name);
    }
    all_good.then(|| serializer.finish())
}

/// A path with a query behind the one that it may have already.
pub(super) fn joined(path: &str, query: &str) -> String {
    let between = match path.split_once('?') {
        None => "?",
        Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{path}{between}{query}")
}

fn name(key: &Node, before: &[String], cx: &mut Context) -> Option<String> {
    let name = without_template(key, fields::scalar_text(key, cx)?, cx)?;
    if before.contains(&name) {
        cx.error(codes::DUPLICATE_KEY, key.span, format!("duplicate name `{name}`"))
            .help(format!("a list repeats the name: `{name}: [1, 2]`"));
        return None;
    }
    Some(name)
}

fn values(node: &Node, cx: &mut Context) -> Option<Vec<String>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    if items.is_empty() {
        nothing_there(node, cx);
        return None;
    }
    let values: Vec<_> = items.iter().map(|item| value(item, cx)).collect();
    values.into_iter().collect()
}

/// The value is never part of a message: it may be a secret. An empty one is sent empty.
fn value(node: &Node, cx: &mut Context) -> Option<String> {
    if node.value == Value::Null {
        fields::wrong_type(node, "a text, a number or a list of them", cx)
            .help("write `''` for an empty value");
        return None;
    }
    without_template(node, variables::exact_text(node, cx)?, cx)
}

fn without_template(node: &Node, text: String, cx: &mut Context) -> Option<String> {
    if text.contains("{{") {
        cx.error(codes::NOT_SUPPORTED, node.span, "`{{…}}` is not supported here yet");
        return None;
    }
    Some(text)
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
            assert_eq!(joined(path, "x=1"), whole);
        }
    }
}
