//! `retry:` — attempts that repeat what failed.
//!
//! Nothing is repeated that a scenario does not name, and nothing that may have had its
//! effect already, unless the scenario says that this is meant (RFC 9110 §9.2.2).

use std::time::Duration;

use super::codes;
use super::context::Context;
use super::expect::status;
use super::fields::{self, Fields};
use super::keys;
use super::model::{RepeatOn, Retry};
use super::tree::{Node, Value};

/// Fewest and most attempts: one is no repetition, and more than ten are an outage.
const ATTEMPTS: std::ops::RangeInclusive<u64> = 2..=10;
/// The pause before the first repetition, if the file does not say.
const BACKOFF: Duration = Duration::from_millis(100);
/// Methods whose requests have their effect each time.
const UNSAFE_METHODS: [&str; 2] = ["post", "patch"];
/// What is repeated if the file does not say: what a balancer or a restart does.
const USUAL: [RepeatOn; 4] =
    [RepeatOn::Connect, RepeatOn::Closed, RepeatOn::Status(429), RepeatOn::Status(503)];

/// Lowers the `retry` of a request.
pub(super) fn retry(node: &Node, method: Option<&str>, cx: &mut Context) -> Option<Retry> {
    let fields = Fields::of(node, &keys::RETRY, cx)?;
    let attempts = fields.whole("attempts", ATTEMPTS, cx);
    let on = fields.get("on").map_or_else(|| Some(USUAL.to_vec()), |node| named(node, cx));
    let backoff =
        if fields.has("backoff") { fields.duration("backoff", cx) } else { Some(BACKOFF) };
    let allows_unsafe =
        if fields.has("unsafe") { fields.boolean("unsafe", cx) } else { Some(false) };
    if allows_unsafe == Some(false)
        && let Some(method) = method.filter(|method| UNSAFE_METHODS.contains(method))
    {
        let method = method.to_uppercase();
        let message = format!("`retry` of a {method}, which may have had its effect already");
        cx.error(codes::CONFLICTING_KEYS, fields.at, message).help(
            "where the target tells repetitions from new requests, write `unsafe: true` in it",
        );
    }
    Some(Retry { attempts: u32::try_from(attempts?).ok()?, on: on?, backoff: backoff? })
}

fn named(node: &Node, cx: &mut Context) -> Option<Vec<RepeatOn>> {
    let Value::List(items) = &node.value else {
        fields::wrong_type(node, "a list", cx).help("write for example `on: [connect, 503]`");
        return None;
    };
    if items.is_empty() {
        cx.error(codes::EMPTY_VALUE, node.span, "nothing would be repeated")
            .help("write for example `on: [connect, 503]`, or remove `retry`");
        return None;
    }
    let each: Vec<_> = items.iter().map(|item| one(item, cx)).collect();
    Some(each.into_iter().collect::<Option<Vec<_>>>()?.concat())
}

/// `connect`, `tls`, `timeout`, `closed`, or a status that is no success.
fn one(node: &Node, cx: &mut Context) -> Option<Vec<RepeatOn>> {
    match node.text() {
        Some("connect") => return Some(vec![RepeatOn::Connect]),
        Some("tls") => return Some(vec![RepeatOn::Tls]),
        Some("timeout") => return Some(vec![RepeatOn::Timeout]),
        Some("closed") => return Some(vec![RepeatOn::Closed]),
        Some(word) if word.starts_with(char::is_alphabetic) => {
            nothing_repeated(format!("`{word}` is nothing that can be repeated"), node, cx);
            return None;
        }
        _ => {}
    }
    let statuses = status(node, cx)?;
    if statuses.iter().any(|status| *status < 400) {
        nothing_repeated("this status is no failure", node, cx);
        return None;
    }
    Some(statuses.into_iter().map(RepeatOn::Status).collect())
}

fn nothing_repeated(message: impl Into<String>, node: &Node, cx: &mut Context) {
    cx.error(codes::INVALID_VALUE, node.span, message)
        .help("write `connect`, `tls`, `timeout`, `closed`, or a status from 400 on");
}
