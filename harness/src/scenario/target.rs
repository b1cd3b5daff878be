//! What is loaded: `target:`.

use super::access::{self, Tls};
use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::keys;
use super::model::Target;
use super::origin::{Origin, TargetError};
use super::tree::Node;

/// Reads a target as `target:` and `--target` take it.
pub fn parse_target(text: &str) -> Result<Target, TargetError> {
    match text.trim() {
        "reference" => Ok(Target::Reference { faults: Vec::new() }),
        url => Origin::parse(url).map(|origin| Target::Url(origin.url().to_owned())),
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
                codes::CONFLICTING_KEYS,
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
            cx.error(
                codes::CONFLICTING_KEYS,
                at,
                "`reference` sets up the reference service, but the target is another",
            )
            .help("remove `reference`, or write `target: reference`");
            None
        }
        (Ok(target), None) => Some(target),
        (Err(error), _) => {
            if error.is_about_a_secret() {
                cx.conceal(node.span);
            }
            cx.error(codes::INVALID_URL, node.span, error.to_string());
            None
        }
    }
}

/// How TLS is spoken with the target, if it is asked over https.
pub(super) fn target_tls(file: &Fields, target: Option<&Target>, cx: &mut Context) -> Option<Tls> {
    let given = file.get("tls").map(|node| access::tls(node, cx));
    if target?.is_https() {
        let at = file.get("target").map_or(file.at, |node| node.span);
        return given.unwrap_or_else(|| Some(access::system_tls(at, cx)));
    }
    if let Some(key) = file.key("tls") {
        cx.error(
            codes::CONFLICTING_KEYS,
            key.span,
            "`tls` for a target that is not asked over https",
        )
        .help("write `target: https://…`, or remove `tls`; that of metrics stands in `metrics`");
    }
    None
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
        cx.error(codes::NOT_SUPPORTED, node.span, "`{{…}}` in a path is not supported yet");
        return None;
    }
    if !path.starts_with('/') {
        cx.error(codes::INVALID_URL, node.span, "a path starts with `/`").help(
            "write the path on the target, such as /metrics; host and port stand in `target`",
        );
        return None;
    }
    let valid = !path.contains('#') && path.parse::<http::uri::PathAndQuery>().is_ok();
    if !valid || !path.is_ascii() {
        cx.error(codes::INVALID_URL, node.span, "this is not a URL path")
            .help("encode blanks and special characters as %20 and the like");
        return None;
    }
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_the_reference_service_or_a_url() {
        let url = |text: &str| Ok(Target::Url(text.to_owned()));
        assert_eq!(parse_target("http://[::1]:80/"), url("http://[::1]:80"));
        assert_eq!(parse_target("https://example.test"), url("https://example.test"));
        assert_eq!(parse_target(" http://example.test"), url("http://example.test"));
        assert_eq!(parse_target("reference"), Ok(Target::Reference { faults: vec![] }));
        assert!(parse_target("http://a/b").is_err());
    }
}
