//! `load:` — phases, one after the other.

use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::keys;
use super::model::{Arrivals, Phase, PhaseLoad, Stop, ThinkTime, Users};
use super::source::Span;
use super::tree::Node;
use crate::units::{Unit, parse_duration, parse_quantity};

/// The most users of one phase: each holds a connection, and a machine has 65,535
/// ports to one address.
const MOST_USERS: u64 = 60_000;
/// The highest rate: well beyond what one machine can send.
const HIGHEST_RATE: f64 = 10_000_000.0;
/// The most repetitions of one phase; each becomes a phase with results of its own.
const MOST_REPETITIONS: u64 = 1_000;

/// Lowers all phases; repeated ones are written out.
pub(super) fn phases(file: &Fields, cx: &mut Context) -> Option<Vec<Phase>> {
    let items = file.list("load", cx)?;
    let mut entries = Vec::new();
    for item in items {
        if let Some(entry) = entry(item, cx) {
            entries.push(entry);
        }
    }
    check_measure(&entries, items.len(), cx);
    let complete = entries.len() == items.len();
    let mut phases: Vec<Phase> = Vec::new();
    for entry in entries {
        for phase in entry.written_out() {
            add_unique(phase, entry.at, &mut phases, cx);
        }
    }
    complete.then_some(phases)
}

/// One entry of `load`, before repetition.
struct Entry {
    at: Span,
    phase: Phase,
    repeat: Option<u64>,
}

impl Entry {
    fn written_out(&self) -> Vec<Phase> {
        let Some(times) = self.repeat else {
            return vec![self.phase.clone()];
        };
        let nth = |number: u64| Phase {
            name: format!("{}-{number}", self.phase.name),
            group: Some(self.phase.name.clone()),
            ..self.phase.clone()
        };
        (1..=times).map(nth).collect()
    }
}

fn add_unique(phase: Phase, at: Span, phases: &mut Vec<Phase>, cx: &mut Context) {
    let clashes = |other: &&Phase| {
        let same_group = other.group.is_some() && other.group == phase.group;
        other.goes_by(&phase.name)
            || (!same_group && phase.goes_by(&other.name))
            || (!same_group && other.group.as_ref().is_some_and(|group| phase.goes_by(group)))
    };
    if let Some(other) = phases.iter().find(clashes) {
        let message = format!("duplicate phase name `{}`", phase.name);
        let help = format!("`{}` is taken; every phase needs its own name", other.name);
        cx.error(codes::DUPLICATE_NAME, at, message).help(help);
    } else {
        phases.push(phase);
    }
}

fn entry(node: &Node, cx: &mut Context) -> Option<Entry> {
    let fields = Fields::of(node, &keys::PHASE, cx)?;
    let name = fields.name("name", cx);
    let load = load(&fields, cx);
    let measured = !fields.has("measure") || fields.boolean("measure", cx)?;
    let repeat = if fields.has("repeat") {
        Some(fields.whole("repeat", 1..=MOST_REPETITIONS, cx)?)
    } else {
        None
    };
    let at = fields.get("name").map_or(fields.at, |name| name.span);
    if let (false, Some(key)) = (measured, fields.key("repeat")) {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`repeat` beside `measure: false`")
            .help("only measured phases repeat; give the warm-up more iterations instead");
    }
    let phase = Phase { name: name?, group: None, load: load?, measured };
    Some(Entry { at, phase, repeat })
}

fn load(fields: &Fields, cx: &mut Context) -> Option<PhaseLoad> {
    match (fields.get("rate"), fields.has("users")) {
        (Some(rate), false) => open(rate, fields, cx),
        (None, true) => closed(fields, cx),
        // Neither or both: `Fields` has reported it.
        _ => None,
    }
}

fn open(rate: &Node, fields: &Fields, cx: &mut Context) -> Option<PhaseLoad> {
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

fn closed(fields: &Fields, cx: &mut Context) -> Option<PhaseLoad> {
    let users = users(fields, cx);
    if let Some(key) = fields.key("arrivals") {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`arrivals` beside `users`")
            .help("users send when they are ready; `arrivals` belongs to `rate`");
    }
    let think_time = fields.get("think_time").map(|node| think_time(node, cx));
    let stops: Vec<_> = ["for", "iterations", "iterations_per_user"]
        .into_iter()
        .filter_map(|name| fields.key(name).map(|key| (name, key.span)))
        .collect();
    let stop = match stops[..] {
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
    };
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
    let think_time = match think_time {
        Some(time) => Some(time?),
        None => None,
    };
    Some(PhaseLoad::Closed { users, stop, think_time })
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
fn think_time(node: &Node, cx: &mut Context) -> Option<ThinkTime> {
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

/// Only the first and the last phase may be left out of verdicts, and not all.
fn check_measure(entries: &[Entry], written: usize, cx: &mut Context) {
    if entries.len() != written {
        return;
    }
    for entry in entries.iter().skip(1).rev().skip(1).filter(|entry| !entry.phase.measured) {
        cx.error(
            codes::UNMEASURED_PHASE,
            entry.at,
            format!("`measure: false` in the middle: phase `{}`", entry.phase.name),
        )
        .help("only the first phase (warm-up) and the last (cool-down) can be left out");
    }
    if let [first, ..] = entries
        && entries.iter().all(|entry| !entry.phase.measured)
    {
        cx.error(
            codes::UNMEASURED_PHASE,
            first.at,
            "no phase is measured, so that nothing could be judged",
        )
        .help("remove `measure: false` from at least one phase");
    }
}
