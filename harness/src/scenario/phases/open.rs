//! Phases with a `rate`: arrivals do not wait for answers.

use super::super::codes;
use super::super::context::Context;
use super::super::fields::{self, Fields};
use super::super::model::{Arrivals, PhaseLoad};
use super::super::tree::Node;
use crate::units::{Unit, parse_quantity};

/// The highest rate: well beyond what one machine can send.
const HIGHEST_RATE: f64 = 10_000_000.0;

pub(super) fn open(rate: &Node, fields: &Fields, cx: &mut Context) -> Option<PhaseLoad> {
    let rates = self::rate(rate, cx);
    for name in ["iterations", "iterations_per_user"] {
        if let Some(key) = fields.key(name) {
            cx.error(codes::CONFLICTING_KEYS, key.span, format!("`{name}` beside `rate`"))
                .help("a phase with `rate` ends after `for`; `iterations` belongs to `users`");
        }
    }
    if let Some(key) = fields.key("think_time") {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`think_time` beside `rate`")
            .help("arrivals at a rate wait for nobody; `think_time` belongs to `users`");
    }
    let arrivals = if fields.has("arrivals") { arrivals(fields, cx) } else { Some(Arrivals::Even) };
    if fields.lacks("for") {
        cx.error(
            codes::MISSING_KEY,
            fields.at,
            "missing key `for`: how long arrivals at this `rate` go on",
        )
        .help("add for example `for: 20s`");
    }
    let duration = fields.duration("for", cx);
    let (from, to) = rates?;
    let duration = duration?;
    if f64::midpoint(from, to) * duration.as_secs_f64() < 1.0 {
        cx.error(
            codes::IDLE_PHASE,
            fields.at,
            "this phase would send nothing: its rate times its length is below 1",
        )
        .help("raise `rate` or `for`");
        return None;
    }
    Some(PhaseLoad::Open { from, to, duration, arrivals: arrivals? })
}

fn arrivals(fields: &Fields, cx: &mut Context) -> Option<Arrivals> {
    let node = fields.get("arrivals")?;
    match fields::scalar_text(node, cx)?.as_str() {
        "even" => Some(Arrivals::Even),
        "poisson" => Some(Arrivals::Poisson),
        other => {
            cx.error(codes::INVALID_VALUE, node.span, format!("`{other}` is no way to arrive"))
                .help("write `even` or `poisson`");
            None
        }
    }
}

/// `5/s` or `5/s -> 20/s`, in requests a second.
fn rate(node: &Node, cx: &mut Context) -> Option<(f64, f64)> {
    let text = fields::scalar_text(node, cx)?;
    let (from, to) = if let Some((from, to)) = text.split_once("->") {
        (one_rate(node, from, cx), one_rate(node, to, cx))
    } else {
        let rate = one_rate(node, &text, cx);
        (rate, rate)
    };
    let (from, to) = (from?, to?);
    if from == 0.0 && to == 0.0 {
        cx.error(codes::IDLE_PHASE, node.span, "a rate of 0 sends nothing")
            .help("write for example 5/s");
        return None;
    }
    Some((from, to))
}

fn one_rate(node: &Node, text: &str, cx: &mut Context) -> Option<f64> {
    let text = text.trim();
    let problem = match parse_quantity(text) {
        Ok(quantity) if quantity.unit != Unit::PerSecond => {
            format!("`{text}` is not a rate; write `5/s` for five requests a second")
        }
        Ok(quantity) if quantity.value < 0.0 => format!("`{text}` is below 0"),
        Ok(quantity) if quantity.value > HIGHEST_RATE => {
            format!("`{text}` is too high; at most {HIGHEST_RATE}/s")
        }
        Ok(quantity) => return Some(quantity.value),
        Err(error) => error.to_string(),
    };
    cx.error(codes::INVALID_QUANTITY, node.span, problem)
        .help("a rate is `5/s` or `90/m`; a ramp is `5/s -> 20/s`");
    None
}
