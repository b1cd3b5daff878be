//! `${NAME}` in the values of a file.
//!
//! Replacement works on the parsed tree and not on the text, so that a value can
//! never change the file's structure and every place stays right. Keys are left
//! alone. `$${` stands for `${`.

use super::codes;
use super::context::Context;
use super::fields::{closest, wrong_type};
use super::tree::{Node, Replacement, Value};

/// Replaces every `${NAME}` below a node.
pub(super) fn replace(node: &mut Node, cx: &mut Context) {
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| replace(item, cx)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if key.text().is_some_and(|text| text.contains("${")) {
                    cx.error(
                        codes::PLACEHOLDER_SYNTAX,
                        key.span,
                        "`${…}` is not replaced in a key; write the key out",
                    );
                }
                replace(value, cx);
            }
        }
        Value::Text(text) if text.contains("${") => {
            let text = std::mem::take(text);
            let before = cx.problem_count();
            node.value = replace_text(node, &text, cx);
            if cx.problem_count() > before {
                cx.value_is_unknown(node.span);
            }
        }
        _ => {}
    }
}

fn replace_text(node: &mut Node, text: &str, cx: &mut Context) -> Value {
    let new = substituted(node, text, cx);
    if is_plain(node, cx) { resolve(new) } else { Value::Text(new) }
}

fn substituted(node: &mut Node, text: &str, cx: &mut Context) -> String {
    let mut new = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let escaped = rest[..at].ends_with('$');
        new.push_str(&rest[..at - usize::from(escaped)]);
        let start = new.len();
        let was = if escaped {
            new.push_str("${");
            3
        } else {
            one_variable(node, &rest[at..], &mut new, cx)
        };
        node.replaced.push(Replacement { start, length: new.len() - start, was });
        rest = &rest[at - usize::from(escaped) + was..];
    }
    new.push_str(rest);
    new
}

/// Whether a value came from a variable, if only in part; `$${` is none.
pub(super) fn has_variable(node: &Node) -> bool {
    node.replaced.iter().any(|replaced| replaced.was > "$${".len())
}

/// Whether a byte of a text came from a variable.
pub(super) fn is_of_variable(node: &Node, byte: usize) -> bool {
    node.replaced.iter().any(|replaced| {
        replaced.was > "$${".len()
            && (replaced.start..replaced.start + replaced.length).contains(&byte)
    })
}

/// A scalar as the very text that its variables make of it: a password `1.50` is not 1.5.
pub(super) fn exact_text(node: &Node, cx: &mut Context) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {
            let written = cx.source(node.span).slice(node.span).to_owned();
            Some(substituted(&mut node.clone(), &written, cx))
        }
        Value::Null | Value::List(_) | Value::Map(_) => {
            wrong_type(node, "a text", cx);
            None
        }
    }
}

/// Appends the value of the variable that `text` begins with; gives the length of
/// what it stands for.
fn one_variable(node: &Node, text: &str, new: &mut String, cx: &mut Context) -> usize {
    let Some(end) = text.find('}') else {
        cx.error(codes::PLACEHOLDER_SYNTAX, node.span, "`${` without `}`")
            .help("write `$${` for the characters `${`");
        return text.len();
    };
    let name = &text[2..end];
    match cx.variables.get(name) {
        Some(value) => {
            new.push_str(value);
            cx.note_use(name);
        }
        None => undefined(node, name, cx),
    }
    end + 1
}

fn undefined(node: &Node, name: &str, cx: &mut Context) {
    let variables = cx.variables;
    let problem =
        cx.error(codes::UNDEFINED_VARIABLE, node.span, format!("`${{{name}}}` is not defined"));
    if let Some(meant) = closest(name, variables.keys().map(String::as_str)) {
        problem.label(format!("did you mean `${{{meant}}}`?"));
    }
    problem.help(format!("set it in the environment or with `-e {name}=VALUE`"));
}

/// Whether a scalar stands in the file without quotes and on one line.
fn is_plain(node: &Node, cx: &Context) -> bool {
    let written = cx.source(node.span).slice(node.span);
    !written.starts_with(['"', '\'']) && !written.contains('\n')
}

/// A plain scalar has the type that its text would have had in the file.
fn resolve(text: String) -> Value {
    match text.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if looks_like_a_number(&text) => {
            let integer = text.parse().ok().map(Value::Integer);
            let float = || text.parse().ok().map(Value::Float);
            integer.or_else(float).unwrap_or(Value::Text(text))
        }
        _ => Value::Text(text),
    }
}

fn looks_like_a_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_replacement_has_the_type_of_its_text() {
        let resolved = |text: &str| resolve(text.to_owned());
        assert_eq!(resolved("5"), Value::Integer(5));
        assert_eq!(resolved("-5"), Value::Integer(-5));
        assert_eq!(resolved("1.5"), Value::Float(1.5));
        assert_eq!(resolved("true"), Value::Bool(true));
        for text in ["007", "1.2.3", "5/s", "inf", "nan", "0x10", "", "yes", "1_000", "-"] {
            assert_eq!(resolved(text), Value::Text(text.to_owned()), "{text}");
        }
    }
}
