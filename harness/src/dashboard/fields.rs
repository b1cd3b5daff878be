//! Fields of JSON objects by their types. What has another type is noted with its place, and
//! reading goes on as if it were not there, so that all of them are told at once.

use super::json::{Node, Value};

/// A value of a type that its field cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongType {
    /// Bytes from the start of the file.
    pub(super) at: usize,
    pub(super) message: String,
}

/// What was wrong so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) wrong: Vec<WrongType>,
}

impl Fields {
    /// A text; empty where there is none.
    pub(super) fn text(&mut self, node: &Node, key: &str) -> String {
        let Some(field) = node.get(key) else { return String::new() };
        match &field.value {
            Value::Text(text) => text.clone(),
            _ => self.note(field, key, "a text"),
        }
    }

    /// `true` or `false`, `None` where it is not said.
    pub(super) fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let field = node.get(key)?;
        match &field.value {
            Value::Bool(flag) => Some(*flag),
            _ => self.note(field, key, "true or false"),
        }
    }

    /// A number, also one that is written as a text.
    pub(super) fn number(&mut self, node: &Node, key: &str) -> Option<f64> {
        let field = node.get(key)?;
        match &field.value {
            Value::Number(number) => Some(*number),
            Value::Text(text) if text.is_empty() => None,
            Value::Text(text) if text.parse::<f64>().is_ok() => text.parse().ok(),
            _ => self.note(field, key, "a number"),
        }
    }

    /// The values of a list; none where it is not there.
    pub(super) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(field) = node.get(key) else { return &[] };
        match &field.value {
            Value::List(nodes) => nodes,
            _ => self.note(field, key, "a list"),
        }
    }

    /// Whether this is an object; noted where it is not.
    pub(super) fn is_object(&mut self, node: &Node) -> bool {
        let is_object = matches!(node.value, Value::Object(_));
        if !is_object {
            let message = format!("an object is expected here, and this is {}", node.kind());
            self.wrong.push(WrongType { at: node.at, message });
        }
        is_object
    }

    fn note<T: Default>(&mut self, field: &Node, key: &str, expected: &str) -> T {
        let message = format!("`{key}` is {expected}, and here it is {}", field.kind());
        self.wrong.push(WrongType { at: field.at, message });
        T::default()
    }
}
