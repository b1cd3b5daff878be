//! How long an exchange and its parts may take: `timeout:` of a request.

use std::time::Duration;

use super::codes;
use super::context::Context;
use super::fields::Fields;
use super::keys;
use super::metrics::value_at;
use super::model::DEFAULT_REQUEST_TIMEOUT;
use super::tree::Value;

/// How long parts of an exchange may take, within its time-out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartTimeouts {
    /// Until there is a connection, TLS included; five seconds where nothing is said.
    pub connect: Option<Duration>,
    /// From the send to the head of the answer.
    pub first_byte: Option<Duration>,
}

/// All of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timeouts {
    /// From the send to the last byte of the answer.
    pub(super) total: Duration,
    pub(super) parts: PartTimeouts,
}

/// Lowers `timeout:`, a duration or a map; `None` after an error.
pub(super) fn timeouts(request: &Fields, cx: &mut Context) -> Option<Timeouts> {
    let whole = |total| Timeouts { total, parts: PartTimeouts::default() };
    match request.get("timeout") {
        None => Some(whole(DEFAULT_REQUEST_TIMEOUT)),
        Some(node) if matches!(node.value, Value::Map(_)) => {
            let fields = Fields::of(node, &keys::TIMEOUT, cx)?;
            let total = part("total", &fields, cx);
            let connect = part("connect", &fields, cx);
            let first_byte = part("first_byte", &fields, cx);
            let total = total?.unwrap_or(DEFAULT_REQUEST_TIMEOUT);
            let parts = PartTimeouts { connect: connect?, first_byte: first_byte? };
            refuse_idle("connect", parts.connect, total, &fields, cx)?;
            refuse_idle("first_byte", parts.first_byte, total, &fields, cx)?;
            Some(Timeouts { total, parts })
        }
        Some(_) => request.duration("timeout", cx).map(whole),
    }
}

#[expect(clippy::option_option, reason = "a wrong duration is not the same as none")]
fn part(name: &str, fields: &Fields, cx: &mut Context) -> Option<Option<Duration>> {
    if fields.has(name) { fields.duration(name, cx).map(Some) } else { Some(None) }
}

/// A part that may take longer than the whole would never be looked at.
fn refuse_idle(
    name: &str,
    part: Option<Duration>,
    total: Duration,
    fields: &Fields,
    cx: &mut Context,
) -> Option<()> {
    if part.is_none_or(|part| part <= total) {
        return Some(());
    }
    let message = format!("`{name}` is longer than the whole exchange may take");
    cx.error(codes::OUT_OF_RANGE, value_at(fields, name), message)
        .help(format!("write a longer `total` (it is {total:?}), or a shorter `{name}`"));
    None
}
