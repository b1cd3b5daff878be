//! `must_not_fire` and `must_fire`: which alerts must do what, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use slogate_promql::rules::ALERT_NAME;

use super::model::{AlertExpectation, AlertObjective, AlertRuleFile, alerts, may_have};
use crate::scenario::codes;
use crate::scenario::context::Context;
use crate::scenario::fields::{self, Fields, closest};
use crate::scenario::keys;
use crate::scenario::model::{Comparator, Objective, ObjectiveKind, Threshold};
use crate::scenario::objective::{Surroundings, check_phase};
use crate::scenario::source::Span;
use crate::scenario::tree::{Node, Value};
use crate::units::{Unit, format_quantity};

/// What is asked of alerts, in the order of the file.
pub(super) struct Expectations<'a> {
    /// `None` where something is wrong with the rule files, so that no name is known.
    files: Option<&'a [AlertRuleFile]>,
    around: &'a Surroundings,
    found: Vec<Expectation>,
}

/// One alert and what it must do.
struct Expectation {
    alert: String,
    expected: AlertExpectation,
    during: Option<String>,
    at: Span,
}

/// A name with its place.
type Named = (String, Span);

impl<'a> Expectations<'a> {
    pub(super) fn new(files: Option<&'a [AlertRuleFile]>, around: &'a Surroundings) -> Self {
        Self { files, around, found: Vec::new() }
    }

    /// `true`, a list of alerts, or a map.
    pub(super) fn must_not_fire(&mut self, block: &Fields, cx: &mut Context) {
        let (Some(key), Some(node)) = (block.key("must_not_fire"), block.get("must_not_fire"))
        else {
            return;
        };
        match &node.value {
            Value::Bool(true) => self.all_quiet(key.span, &[], &[], cx),
            Value::Bool(false) => {
                cx.error(codes::INVALID_VALUE, node.span, "`must_not_fire: false` says nothing")
                    .help("remove it, or write `true`, a list of alerts, or a map");
            }
            Value::List(_) => {
                for alert in self.alerts(block, "must_not_fire", cx) {
                    self.quiet(alert, &[], cx);
                }
            }
            _ => self.quiet_by_map(node, key.span, cx),
        }
    }

    fn quiet_by_map(&mut self, node: &Node, at: Span, cx: &mut Context) {
        let Some(fields) = Fields::of(node, &keys::MUST_NOT_FIRE, cx) else { return };
        let during = self.phases(&fields, cx);
        let except = match fields.get("except").map(|node| &node.value) {
            // An empty list of exceptions excepts nothing, which is no mistake.
            Some(Value::List(items)) if items.is_empty() => Vec::new(),
            _ => self.alerts(&fields, "except", cx),
        };
        if !fields.has("alerts") {
            return self.all_quiet(at, &except, &during, cx);
        }
        if let Some(key) = fields.key("except") {
            cx.error(codes::CONFLICTING_KEYS, key.span, "`except` beside `alerts`")
                .help("`alerts` names those that are judged, `except` leaves some out of all");
        }
        for alert in self.alerts(&fields, "alerts", cx) {
            self.quiet(alert, &during, cx);
        }
    }

    /// Every alert of the files but the excepted ones.
    fn all_quiet(&mut self, at: Span, except: &[Named], during: &[Named], cx: &mut Context) {
        let Some(files) = self.files else { return };
        let mut names: Vec<&str> = Vec::new();
        for rule in alerts(files) {
            let is_excepted = except.iter().any(|(name, _)| *name == rule.name);
            if !is_excepted && !names.contains(&rule.name.as_str()) {
                names.push(&rule.name);
            }
        }
        if names.is_empty() {
            cx.error(codes::NO_OBJECTIVE, at, "every alert is in `except`, so none is judged")
                .help("leave at least one out of `except`, or remove `must_not_fire`");
        }
        for name in names {
            self.quiet((name.to_owned(), at), during, cx);
        }
    }

    /// One alert that must be quiet in each of these phases, or in the whole run.
    fn quiet(&mut self, (alert, at): Named, during: &[Named], cx: &mut Context) {
        let is_same = |one: &&Expectation| one.alert == alert && one.at != at;
        if self.found.iter().any(|one| is_same(&one)) {
            cx.error(codes::DUPLICATE_NAME, at, format!("`{alert}` is listed already"))
                .help("remove one of the two");
        }
        let phases: Vec<Option<&String>> = match during {
            [] => vec![None],
            phases => phases.iter().map(|(name, _)| Some(name)).collect(),
        };
        for phase in phases {
            self.found.push(Expectation {
                alert: alert.clone(),
                expected: AlertExpectation::Quiet,
                during: phase.cloned(),
                at,
            });
        }
    }

    /// A list of alerts, each a name or a map.
    pub(super) fn must_fire(&mut self, block: &Fields, cx: &mut Context) {
        if !block.has("must_fire") {
            return;
        }
        for item in block.list("must_fire", cx).unwrap_or_default() {
            let found = match &item.value {
                Value::Text(_) => self.alert(item, cx).map(|alert| Expectation {
                    alert,
                    expected: AlertExpectation::Fires { labels: BTreeMap::new(), within: None },
                    during: None,
                    at: item.span,
                }),
                _ => self.fires_by_map(item, cx),
            };
            self.found.extend(found);
        }
    }

    fn fires_by_map(&self, node: &Node, cx: &mut Context) -> Option<Expectation> {
        let fields = Fields::of(node, &keys::MUST_FIRE, cx)?;
        let alert = fields.get("alert").and_then(|node| self.alert(node, cx));
        let labels = labels(&fields, cx);
        let during = fields.has("during").then(|| self.phase(fields.get("during")?, cx));
        let within = fields.has("within").then(|| fields.duration("within", cx));
        let (alert, labels) = (alert?, labels?);
        self.check_labels(&alert, &labels, &fields, cx);
        Some(Expectation {
            at: fields.get("alert").map_or(fields.at, |node| node.span),
            alert,
            during: match during {
                Some(during) => Some(during?.0),
                None => None,
            },
            expected: AlertExpectation::Fires {
                labels,
                within: match within {
                    Some(within) => Some(within?),
                    None => None,
                },
            },
        })
    }

    /// Reports labels that no rule of an alert can give it.
    fn check_labels(
        &self,
        alert: &str,
        labels: &BTreeMap<String, String>,
        fields: &Fields,
        cx: &mut Context,
    ) {
        let Some(node) = fields.get("labels") else { return };
        let rules = self.files.into_iter().flat_map(alerts).filter(|rule| rule.name == alert);
        let rules: Vec<_> = rules.collect();
        if rules.is_empty() || rules.iter().any(|rule| may_have(rule, labels)) {
            return;
        }
        let set: Vec<String> = rules
            .iter()
            .flat_map(|rule| &rule.labels)
            .map(|(name, value)| (name.as_str(), value.source()))
            .chain([(ALERT_NAME, alert)])
            .filter(|(name, _)| labels.contains_key(*name))
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        let message = format!("no rule of `{alert}` gives it these labels");
        cx.error(codes::UNKNOWN_NAME, fields::start_of(node), message)
            .help(format!("its rules set {}", set.join(", ")));
    }

    /// The alerts of a list.
    fn alerts(&self, fields: &Fields, key: &str, cx: &mut Context) -> Vec<Named> {
        if !fields.has(key) {
            return Vec::new();
        }
        let items = fields.list(key, cx).unwrap_or_default();
        items.iter().filter_map(|item| Some((self.alert(item, cx)?, item.span))).collect()
    }

    /// The name of an alert that the files have; reports it otherwise.
    fn alert(&self, node: &Node, cx: &mut Context) -> Option<String> {
        let name = fields::scalar_text(node, cx)?;
        let Some(files) = self.files else { return Some(name) };
        if alerts(files).any(|rule| rule.name == name) {
            return Some(name);
        }
        let mut known: Vec<&str> = alerts(files).map(|rule| rule.name.as_str()).collect();
        known.dedup();
        let problem = cx.error(codes::UNKNOWN_NAME, node.span, format!("unknown alert `{name}`"));
        if let Some(meant) = closest(&name, known.iter().copied()) {
            problem.label(format!("did you mean `{meant}`?"));
        }
        problem.help(format!("the rule files have: {}", known.join(", ")));
        None
    }

    /// `during`: a phase, or a list of them; none is the whole measured run.
    fn phases(&self, fields: &Fields, cx: &mut Context) -> Vec<Named> {
        let Some(node) = fields.get("during") else { return Vec::new() };
        match &node.value {
            Value::List(_) => {
                let items = fields.list("during", cx).unwrap_or_default();
                items.iter().filter_map(|item| self.phase(item, cx)).collect()
            }
            _ => self.phase(node, cx).into_iter().collect(),
        }
    }

    fn phase(&self, node: &Node, cx: &mut Context) -> Option<Named> {
        let name = fields::valid_name(node, fields::scalar_text(node, cx)?, cx)?;
        check_phase(&name, node.span, Some(self.around), cx).then_some((name, node.span))
    }

    /// Reports alerts that must fire where they must not.
    pub(super) fn refuse_contradictions(&self, cx: &mut Context) {
        let is_quiet = |one: &&Expectation| one.expected == AlertExpectation::Quiet;
        for fires in self.found.iter().filter(|one| !is_quiet(one)) {
            let contradicts = |quiet: &Expectation| {
                quiet.alert == fires.alert
                    && (quiet.during.is_none() || quiet.during == fires.during)
            };
            if self.found.iter().filter(is_quiet).any(contradicts) {
                let message = format!("`{}` must fire and must not fire", fires.alert);
                cx.error(codes::CONFLICTING_KEYS, fires.at, message).help(format!(
                    "leave it out of `must_not_fire`: `except: [{}]`, or name the phases",
                    fires.alert
                ));
            }
        }
    }

    /// What is judged, each with an id of its own.
    pub(super) fn objectives(self, taken: &[String], cx: &mut Context) -> Vec<Objective> {
        let mut taken = taken.to_vec();
        let mut objectives = Vec::new();
        for one in &self.found {
            let id = free_id(&readable_id(one), &taken);
            taken.push(id.clone());
            let rules = self.files.into_iter().flat_map(alerts);
            let of_alert = rules.filter(|rule| rule.name == one.alert);
            objectives.push(Objective {
                id,
                description: None,
                kind: ObjectiveKind::Alert(AlertObjective {
                    alert: one.alert.clone(),
                    expected: one.expected.clone(),
                    expressions: of_alert.map(|rule| rule.expression.to_string()).collect(),
                }),
                thresholds: vec![threshold(&one.expected)],
                beside: Vec::new(),
                during: one.during.clone(),
                abort_after: None,
                place: cx.place(one.at),
            });
        }
        objectives
    }
}

/// `labels:` of an alert that must fire; none without the key.
fn labels(fields: &Fields, cx: &mut Context) -> Option<BTreeMap<String, String>> {
    let Some(node) = fields.get("labels") else { return Some(BTreeMap::new()) };
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from labels to values", cx)
            .help("for example `labels: { severity: critical }`");
        return None;
    };
    let mut one = |(name, value): &(Node, Node)| {
        let name = fields::scalar_text(name, cx);
        let value = fields::scalar_text(value, cx);
        name.zip(value)
    };
    let pairs: Vec<_> = entries.iter().map(&mut one).collect();
    pairs.into_iter().collect()
}

/// How many label sets fire, as a target of objectives.
fn threshold(expected: &AlertExpectation) -> Threshold {
    let (comparator, bound, text) = match expected {
        AlertExpectation::Quiet => (Comparator::LessOrEqual, 0.0, "does not fire".to_owned()),
        AlertExpectation::Fires { within, .. } => {
            let for_people =
                |within: Duration| format_quantity(within.as_secs_f64(), Unit::Seconds);
            let within = within.map(|within| format!(" within {}", for_people(within)));
            (Comparator::GreaterOrEqual, 1.0, format!("fires{}", within.unwrap_or_default()))
        }
    };
    Threshold { comparator, bound, text }
}

/// `quiet-QueueFull-steady`, `fires-QueueFull-critical-peak`.
fn readable_id(one: &Expectation) -> String {
    let (head, labels) = match &one.expected {
        AlertExpectation::Quiet => ("quiet", Vec::new()),
        AlertExpectation::Fires { labels, .. } => ("fires", labels.values().collect()),
    };
    let words = [one.alert.as_str()].into_iter().chain(labels.into_iter().map(String::as_str));
    let parts = std::iter::once(head).chain(words).chain(one.during.as_deref());
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let clean = |part: &str| part.replace(|c| !is_part(c), "_");
    parts.map(clean).collect::<Vec<_>>().join("-")
}

fn free_id(base: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|number| format!("{base}-{number}"));
    let mut candidates = std::iter::once(base.to_owned()).chain(numbered);
    candidates.find(|id| !taken.contains(id)).unwrap_or_default()
}
