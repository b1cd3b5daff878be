//! Names and values of headers, wherever a file writes some: what HTTP allows, what
//! whoever sends them writes itself, and that no name stands twice.

use http::{HeaderName, HeaderValue};

use super::codes;
use super::context::Context;
use super::fields;
use super::tree::Node;

/// Headers that a file may not write.
pub(super) struct Reserved {
    /// Their names in lower case.
    pub(super) names: &'static [&'static str],
    /// Who writes them: `the scraper`.
    pub(super) by: &'static str,
}

/// The name of a header.
pub(super) fn name(key: &Node, reserved: &Reserved, cx: &mut Context) -> Option<String> {
    let name = fields::scalar_text(key, cx)?;
    if reserved.names.iter().any(|own| name.eq_ignore_ascii_case(own)) {
        cx.error(
            codes::INVALID_HEADER,
            key.span,
            format!("the header `{name}` is written by {}", reserved.by),
        )
        .help("remove it");
        return None;
    }
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        cx.error(codes::INVALID_HEADER, key.span, format!("`{name}` is not a header name"));
        return None;
    }
    Some(name)
}

/// Sees that a text can be the value of a header. It is never part of a message: it may
/// be a secret.
pub(super) fn value(text: String, node: &Node, cx: &mut Context) -> Option<String> {
    if HeaderValue::from_str(&text).is_err() {
        cx.error(codes::INVALID_HEADER, node.span, "this is not a header value")
            .help("it has a line break or control character");
        return None;
    }
    Some(text)
}

/// Sees that a name is not among those before it.
pub(super) fn is_new<T>(headers: &[(String, T)], name: &str, key: &Node, cx: &mut Context) -> bool {
    let is_new = !headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    if !is_new {
        cx.error(codes::DUPLICATE_KEY, key.span, format!("duplicate header `{name}`"))
            .help("header names are the same in capitals; remove one of the two");
    }
    is_new
}
