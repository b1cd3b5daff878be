//! An included objective given again by its id: the keys that are given win.
//!
//! Another kind replaces the objective whole: what its other keys said was about a
//! value that is not measured any more.

use std::collections::BTreeSet;

use super::codes;
use super::context::Context;
use super::fields::closest;
use super::keys;
use super::source::Span;
use super::tree::{Node, Value};

/// An objective that is still a map.
pub(super) struct Entry {
    pub(super) id: Option<String>,
    pub(super) at: Span,
    pub(super) map: Vec<(Node, Node)>,
    /// How many files away from the scenario it is written.
    pub(super) depth: usize,
}

impl Entry {
    /// The objective as a map that stands where its id does.
    pub(super) fn node(&self) -> Node {
        Node { span: self.at, value: Value::Map(self.map.clone()), replaced: Vec::new() }
    }

    /// Lays a later map over this one.
    pub(super) fn override_with(&mut self, map: &[(Node, Node)], at: Span, depth: usize) {
        let has = |name: &str| self.map.iter().any(|(key, _)| key.text() == Some(name));
        let mut given = map.iter().filter_map(|(key, _)| kind_of(key));
        if given.any(|kind| !has(kind)) {
            self.map = map.to_vec();
        } else {
            self.map.retain(|(key, _)| map.iter().all(|(new, _)| new.value != key.value));
            self.map.extend_from_slice(map);
        }
        self.at = at;
        self.depth = depth;
    }

    fn has_kind(&self) -> bool {
        self.map.iter().any(|(key, _)| kind_of(key).is_some())
    }
}

fn kind_of(key: &Node) -> Option<&str> {
    key.text().filter(|name| keys::OBJECTIVE_KINDS.contains(name))
}

/// Takes out, and reports, what can only have been meant as an override and overrides
/// nothing: it does not say what it measures, and objectives were `included`.
pub(super) fn take_strays(entries: &mut Vec<Entry>, included: &BTreeSet<String>, cx: &mut Context) {
    let is_stray = |entry: &Entry| {
        let id = entry.id.as_ref();
        !entry.has_kind() && !included.is_empty() && id.is_some_and(|id| !included.contains(id))
    };
    for entry in entries.extract_if(.., |entry| is_stray(entry)) {
        let id = entry.id.unwrap_or_default();
        let problem = cx.error(
            codes::UNKNOWN_NAME,
            entry.at,
            format!("no included objective has the id `{id}`"),
        );
        if let Some(meant) = closest(&id, included.iter().map(String::as_str)) {
            problem.label(format!("did you mean `{meant}`?"));
        }
        problem.help(format!(
            "included are: {}; an objective of its own says what it measures",
            included.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        ));
    }
}
