//! Lists of cases that are known not to pass.

use std::collections::BTreeMap;

/// `file:line reason`, one a line; `#` starts a comment.
pub(crate) fn known_failures(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (id, reason) = line.split_once(' ').unwrap_or((line, ""));
            assert!(!reason.is_empty(), "{id} has no reason");
            (id.to_owned(), reason.to_owned())
        })
        .collect()
}
