//! What is loaded: `target:`.

use http::Uri;
use thiserror::Error;

use super::context::Context;
use super::fields::{self, Fields};
use super::keys;
use super::model::Target;
use super::tree::Node;

/// Why a text is not a target.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Nothing there.
    #[error("the target is empty; write `reference` or a URL such as http://127.0.0.1:8080")]
    Empty,
    /// Neither `reference` nor a URL.
    #[error("`{0}` is not a target; write `reference` or a URL such as http://127.0.0.1:8080")]
    NotAUrl(String),
    /// A URL of another kind.
    #[error("`{0}` is not supported yet; write `http://…`")]
    Scheme(String),
    /// More than scheme, host and port.
    #[error("a target has no path, query or user; move `{0}` to the requests")]
    TooMuch(String),
}

/// Reads a target as `target:` and `--target` take it.
pub fn parse_target(text: &str) -> Result<Target, TargetError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TargetError::Empty);
    }
    if text == "reference" {
        return Ok(Target::Reference { faults: Vec::new() });
    }
    let not_a_url = || TargetError::NotAUrl(text.to_owned());
    let uri: Uri = text.parse().map_err(|_| not_a_url())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(not_a_url());
    };
    if scheme != "http" {
        return Err(TargetError::Scheme(format!("{scheme}://")));
    }
    if authority.as_str().contains('@') {
        return Err(TargetError::TooMuch("user@".to_owned()));
    }
    let has_bad_port =
        authority.port().is_some() && authority.port_u16().is_none_or(|port| port == 0);
    if authority.host().is_empty() || authority.as_str().ends_with(':') || has_bad_port {
        return Err(not_a_url());
    }
    match uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str) {
        "" | "/" => Ok(Target::Url(format!("{scheme}://{authority}"))),
        more => Err(TargetError::TooMuch(more.to_owned())),
    }
}

/// The caller's target if there is one, otherwise the file's; the file's is checked
/// in either case.
pub(super) fn chosen(
    file: &Fields,
    by_caller: Option<&Target>,
    cx: &mut Context,
) -> Option<Target> {
    let of_file = target(file, cx)?;
    match (by_caller, of_file) {
        (Some(Target::Url(_)), Target::Reference { faults }) if !faults.is_empty() => {
            let at = file.key("reference").map_or(file.at, |key| key.span);
            cx.error(
                at,
                "this file sets faults of the reference service, but another target was chosen",
            )
            .help("run it without `--target`");
            None
        }
        (Some(url @ Target::Url(_)), _) => Some(url.clone()),
        (Some(Target::Reference { faults }), Target::Url(_)) => {
            Some(Target::Reference { faults: faults.clone() })
        }
        (_, of_file) => Some(of_file),
    }
}

/// Lowers `target:` and `reference:`.
fn target(file: &Fields, cx: &mut Context) -> Option<Target> {
    let faults = file.get("reference").map(|node| faults(node, cx));
    let node = file.get("target")?;
    let text = fields::text(node, cx)?;
    match (parse_target(text), faults) {
        (Ok(Target::Reference { .. }), faults) => {
            Some(Target::Reference { faults: faults.unwrap_or_default() })
        }
        (Ok(Target::Url(_)), Some(_)) => {
            let at = file.key("reference").map_or(node.span, |key| key.span);
            cx.error(at, "`reference` sets up the reference service, but the target is another")
                .help("remove `reference`, or write `target: reference`");
            None
        }
        (Ok(target), None) => Some(target),
        (Err(error), _) => {
            cx.error(node.span, error.to_string());
            None
        }
    }
}

fn faults(node: &Node, cx: &mut Context) -> Vec<String> {
    let Some(fields) = Fields::of(node, &keys::REFERENCE, cx) else {
        return Vec::new();
    };
    let rules = fields.has("faults").then(|| fields.list("faults", cx)).flatten();
    rules.unwrap_or_default().iter().filter_map(|rule| fields::scalar_text(rule, cx)).collect()
}

/// A path, with a query if there is one, on the target.
pub(super) fn request_path(node: &Node, cx: &mut Context) -> Option<String> {
    let path = fields::text(node, cx)?;
    if path.contains("{{") {
        cx.error(node.span, "`{{…}}` in a path is not supported yet");
        return None;
    }
    if !path.starts_with('/') {
        cx.error(node.span, "a path starts with `/`").help(
            "write the path on the target, such as /metrics; host and port stand in `target`",
        );
        return None;
    }
    let valid = !path.contains('#') && path.parse::<http::uri::PathAndQuery>().is_ok();
    if !valid || !path.is_ascii() {
        cx.error(node.span, "this is not a URL path")
            .help("encode blanks and special characters as %20 and the like");
        return None;
    }
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_scheme_host_and_port() {
        let url = |text: &str| Ok(Target::Url(text.to_owned()));
        assert_eq!(parse_target("http://[::1]:80/"), url("http://[::1]:80"));
        assert_eq!(parse_target("http://example.test"), url("http://example.test"));
        assert_eq!(parse_target("reference"), Ok(Target::Reference { faults: vec![] }));
    }

    #[test]
    fn says_what_is_wrong_with_a_target() {
        let error = |text: &str| parse_target(text).unwrap_err();
        assert_eq!(error(" "), TargetError::Empty);
        assert!(matches!(error("localhost:80"), TargetError::NotAUrl(_)));
        assert!(matches!(error("http://"), TargetError::NotAUrl(_)));
        assert!(matches!(error("http://a:"), TargetError::NotAUrl(_)));
        assert!(matches!(error("https://a"), TargetError::Scheme(_)));
        assert!(matches!(error("ftp://a"), TargetError::Scheme(_)));
        assert!(matches!(error("http://a/b"), TargetError::TooMuch(_)));
        assert!(matches!(error("http://u:p@a"), TargetError::TooMuch(_)));
    }
}
