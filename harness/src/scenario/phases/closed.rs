//! Phases with `users`: each sends its next request after the answer to the one before.

use super::super::codes;
use super::super::context::Context;
use super::super::fields::{self, Fields};
use super::super::model::{PhaseLoad, Stop, ThinkTime, Users};
use super::super::tree::Node;
use crate::units::parse_duration;

/// The most users of one phase: each holds a connection, and a machine has 65,535
/// ports to one address.
const MOST_USERS: u64 = 60_000;

pub(super) fn closed(fields: &Fields, cx: &mut Context) -> Option<PhaseLoad> {
    let users = users(fields, cx);
    if let Some(key) = fields.key("arrivals") {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`arrivals` beside `users`")
            .help("users send when they are ready; `arrivals` belongs to `rate`");
    }
    let think_time = fields.get("think_time").map(|node| think_time(node, cx));
    let stop = stop(fields, cx);
    let (users, stop) = (users?, stop?);
    if users.from != users.to && !matches!(stop, Stop::After(_)) {
        cx.error(
            codes::CONFLICTING_KEYS,
            fields.get("users")?.span,
            "the number of users changes over a time, and none is given",
        )
        .help("end the phase by `for`, or write one number of users");
        return None;
    }
    warn_of_idle_users(users, stop, fields, cx);
    let think_time = match think_time {
        Some(time) => Some(time?),
        None => None,
    };
    Some(PhaseLoad::Closed { users, stop, think_time })
}

/// Of fewer iterations than users some users have none.
fn warn_of_idle_users(users: Users, stop: Stop, fields: &Fields, cx: &mut Context) {
    let Stop::Iterations(iterations) = stop else { return };
    if let Some(node) = fields.get("users")
        && u64::from(users.most()) > iterations
    {
        let message = format!("only {iterations} of {} users send anything", users.most());
        cx.warning(codes::IDLE_PHASE, node.span, message)
            .help("`iterations` are of all users together; `iterations_per_user` are of each");
    }
}

/// What ends the phase; exactly one key says it.
fn stop(fields: &Fields, cx: &mut Context) -> Option<Stop> {
    let stops: Vec<_> = ["for", "iterations", "iterations_per_user"]
        .into_iter()
        .filter_map(|name| fields.key(name).map(|key| (name, key.span)))
        .collect();
    match stops[..] {
        [("for", _)] => fields.duration("for", cx).map(Stop::After),
        [("iterations", _)] => fields.whole("iterations", 1..=u64::MAX, cx).map(Stop::Iterations),
        [_] => fields.whole("iterations_per_user", 1..=u64::MAX, cx).map(Stop::IterationsPerUser),
        [] if ["for", "iterations", "iterations_per_user"]
            .iter()
            .any(|name| !fields.lacks(name)) =>
        {
            // Reported already: a key that was meant to be one of these.
            None
        }
        [] => {
            cx.error(codes::ENDLESS_PHASE, fields.at, "this phase never ends")
                .help("add one of `for`, `iterations` and `iterations_per_user`");
            None
        }
        [(first, _), (second, at), ..] => {
            cx.error(
                codes::CONFLICTING_KEYS,
                at,
                format!("`{second}` beside `{first}` in one phase"),
            )
            .help("keep exactly one of `for`, `iterations` and `iterations_per_user`");
            None
        }
    }
}

/// `20` or `1 -> 20`.
fn users(fields: &Fields, cx: &mut Context) -> Option<Users> {
    let node = fields.get("users")?;
    let text = fields::scalar_text(node, cx)?;
    let Some((from, to)) = text.split_once("->") else {
        let users = fields.whole("users", 1..=MOST_USERS, cx)?;
        return Some(Users::constant(u32::try_from(users).ok()?));
    };
    let mut one = |text: &str| match text.trim().parse::<u32>() {
        Ok(users) if u64::from(users) <= MOST_USERS => Some(users),
        _ => {
            let text = text.trim();
            cx.error(
                codes::INVALID_QUANTITY,
                node.span,
                format!("`{text}` is not a number of users from 0 to {MOST_USERS}"),
            )
            .help("users are `20`; a ramp is `1 -> 20`");
            None
        }
    };
    let users = Users { from: one(from)?, to: one(to)? };
    if users.most() == 0 {
        cx.error(codes::IDLE_PHASE, node.span, "no user sends nothing")
            .help("write for example `0 -> 20`");
        return None;
    }
    Some(users)
}

/// `500ms`, or `200ms..1s` for times that are evenly spread in between.
pub(in crate::scenario) fn think_time(node: &Node, cx: &mut Context) -> Option<ThinkTime> {
    let text = fields::scalar_text(node, cx)?;
    let (shortest, longest) = text.split_once("..").unwrap_or((&text, &text));
    let mut one = |text: &str| match parse_duration(text.trim()) {
        Ok(time) => Some(time),
        Err(error) => {
            cx.error(codes::INVALID_QUANTITY, node.span, error.to_string())
                .help("a think time is `500ms`, or `200ms..1s` for times in between");
            None
        }
    };
    let time = ThinkTime { shortest: one(shortest)?, longest: one(longest)? };
    if time.shortest > time.longest {
        cx.error(
            codes::INVALID_VALUE,
            node.span,
            "the longest think time is shorter than the shortest",
        )
        .help(format!("write `{}..{}`", longest.trim(), shortest.trim()));
        return None;
    }
    Some(time)
}
