//! `flows:` — what is sent one after the other by one user.

use std::ops::Range;

use super::body::Draft;
use super::capture;
use super::codes;
use super::context::Context;
use super::fields::Fields;
use super::keys;
use super::model::Request;
use super::names::Names;
use super::phases::think_time;
use super::request_auth::Senders;
use super::requests::{self, weight};
use super::source::Span;
use super::tree::{Node, Value};

/// Steps that follow each other, by one user on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its name; unique among flows.
    pub name: String,
    /// Its share of the iterations, at least 1.
    pub weight: u32,
    /// Which of the scenario's requests are its steps; never empty.
    pub steps: Range<usize>,
}

/// What a scenario sends.
#[derive(Default)]
pub(super) struct Sent {
    /// Requests, or the steps of all flows.
    pub(super) requests: Vec<(Request, Draft)>,
    /// None where requests are independent.
    pub(super) flows: Vec<Flow>,
}

/// Lowers `requests:` or `flows:`.
pub(super) fn sent(
    file: &Fields,
    names: &mut Names,
    senders: Senders<'_>,
    cx: &mut Context,
) -> Option<Sent> {
    if file.has("flows") {
        return flows(file, names, senders, cx);
    }
    let requests = requests::requests(file, names, senders, cx)?;
    Some(Sent { requests, flows: Vec::new() })
}

fn flows(file: &Fields, names: &mut Names, senders: Senders<'_>, cx: &mut Context) -> Option<Sent> {
    let items = file.list("flows", cx)?;
    let before = cx.problem_count();
    let mut sent = Sent::default();
    for item in items {
        flow(item, &mut sent, names, senders, cx);
    }
    (cx.problem_count() == before).then_some(sent)
}

fn flow(
    node: &Node,
    sent: &mut Sent,
    names: &mut Names,
    senders: Senders<'_>,
    cx: &mut Context,
) -> Option<()> {
    let fields = Fields::of(node, &keys::FLOW, cx)?;
    let name = fields.name("name", cx);
    let weight = weight(&fields, cx);
    let steps = fields.list("steps", cx)?;
    let first = sent.requests.len();
    names.enter_flow(steps);
    for (at, step) in steps.iter().enumerate() {
        if let Some((step, span)) = self::step(step, at + 1 == steps.len(), names, senders, cx) {
            add_step(step, span, sent, cx);
        }
    }
    names.leave_flow(cx);
    let name = name?;
    if sent.flows.iter().any(|other| other.name == name) {
        let at = fields.get("name").map_or(fields.at, |name| name.span);
        cx.error(codes::DUPLICATE_NAME, at, format!("duplicate flow name `{name}`"))
            .help("every flow needs its own name");
    }
    sent.flows.push(Flow { name, weight: weight?, steps: first..sent.requests.len() });
    Some(())
}

/// Names of steps are those of requests: one objective names one of them.
fn add_step(step: (Request, Draft), at: Span, sent: &mut Sent, cx: &mut Context) {
    if sent.requests.iter().any(|(other, _)| other.name == step.0.name) {
        let message = format!("duplicate step name `{}`", step.0.name);
        cx.error(codes::DUPLICATE_NAME, at, message)
            .help("every step of the file needs its own name: objectives and reports use it");
    }
    sent.requests.push(step);
}

fn step(
    node: &Node,
    is_last: bool,
    names: &mut Names,
    senders: Senders<'_>,
    cx: &mut Context,
) -> Option<((Request, Draft), Span)> {
    let fields = Fields::of(node, &keys::REQUEST, cx)?;
    let step = requests::request(&fields, names, senders, cx);
    if let Some(key) = fields.key("weight") {
        cx.error(codes::CONFLICTING_KEYS, key.span, "a step has no `weight`")
            .help("its flow has: each iteration sends every step once, in order");
    }
    let captures = capture::captures(&fields, names, cx);
    let think_time = fields.get("think_time").map(|node| think_time(node, cx));
    if let (true, Some(key)) = (is_last, fields.key("think_time")) {
        cx.error(codes::CONFLICTING_KEYS, key.span, "nothing follows this `think_time`")
            .help("it is the time between a step and the next; a phase has one between iterations");
    }
    let ((mut request, draft), at) = step?;
    request.captures = captures?;
    request.think_time = match think_time {
        Some(think_time) => Some(think_time?),
        None => None,
    };
    Some(((request, draft), at))
}

/// Refuses what only a step of a flow can have.
pub(super) fn refuse_keys_of_steps(fields: &Fields, cx: &mut Context) {
    for name in ["capture", "think_time"] {
        if let Some(key) = fields.key(name) {
            cx.error(codes::CONFLICTING_KEYS, key.span, format!("`{name}` outside of a flow"))
                .help("requests are independent; what follows an answer is a step of `flows`");
        }
    }
}

/// The names of all steps as they are written, for objectives in a file with problems.
pub(super) fn written_steps(file: &Fields) -> Vec<String> {
    let Some(flows) = file.get("flows") else { return Vec::new() };
    let steps = items(flows).iter().filter_map(|flow| flow.get("steps"));
    steps.flat_map(items).filter_map(|step| step.get("name")?.text().map(str::to_owned)).collect()
}

fn items(node: &Node) -> &[Node] {
    if let Value::List(items) = &node.value { items } else { &[] }
}
