//! Judges what an alert must do: stay quiet, or fire.
//!
//! An alert that fired has fired, whatever else is not known. That it did not is believed
//! only where it could have, and where nothing hid it: enough values of good scrapes, no
//! rule that failed, no series that went away.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ending::{AlertEnding, Ended, ended};
use super::hidden::{flattered, hidden};
use super::history::{AlertActivity, AlertHistory, RuleHistory};
use super::seen_window;
use super::told::{doubt, fired_otherwise, how_it_fired};
use crate::scenario::{AlertExpectation, AlertObjective, Objective, may_have};
use crate::slo::algebra::gauge_scrapes::LEAST_SCRAPES;
use crate::slo::algebra::scrape_gaps;
use crate::slo::judged::{Finding, Observed};
use crate::slo::scraped::{Stretch, attempts, good_scrapes};
use crate::slo::{Doubt, Evidence, Ruling, Verdict, Window, all_of, codes};

/// Judges an objective on an alert.
pub(in crate::slo) fn judge(
    alert: &AlertObjective,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Finding {
    let during = objective.during.as_deref();
    let judged = |window, run| {
        let history = evidence.alerts.history(evidence)?;
        let any = BTreeMap::new();
        let (labels, within) = match &alert.expected {
            AlertExpectation::Quiet => (&any, None),
            AlertExpectation::Fires { labels, within } => (labels, *within),
        };
        let judge = Judge { alert, history, evidence, window, run };
        judge.finding(labels, within.and_then(|within| deadline(within, during, evidence)))
    };
    let found = match evidence.window(during) {
        Ok(window) => evidence.window(None).and_then(|run| judged(window, run)),
        Err(doubt) => {
            // Scrapes that failed in the end do not undo what was seen before.
            let seen = seen_window(evidence).filter(|_| during.is_none());
            let found = seen.and_then(|seen| judged(seen, seen).ok());
            found.filter(is_certain_firing).ok_or(doubt)
        }
    };
    found.unwrap_or_else(Finding::nothing)
}

/// Whether an alert fired, and that decides.
fn is_certain_firing(finding: &Finding) -> bool {
    let has_fired = matches!(finding.observed, Observed::Alert { ending: AlertEnding::Fired, .. });
    has_fired && finding.ruling.verdict != Verdict::Inconclusive
}

/// When an alert must have fired at the latest: so long after its phase was meant to begin.
fn deadline(within: Duration, during: Option<&str>, evidence: &Evidence<'_>) -> Option<i64> {
    let is_meant = |name: &str| match during {
        None => true,
        Some(wanted) => {
            evidence.planned.iter().any(|phase| phase.name == name && phase.goes_by(wanted))
        }
    };
    let phases = evidence.load.measured_phases().filter(|phase| is_meant(&phase.name));
    let start_ms = phases.map(|phase| phase.first_intended_ms).min()?;
    Some(start_ms.saturating_add(i64::try_from(within.as_millis()).unwrap_or(i64::MAX)))
}

/// One objective on an alert, and what there is to judge it by.
struct Judge<'a> {
    alert: &'a AlertObjective,
    history: &'a AlertHistory,
    evidence: &'a Evidence<'a>,
    /// In which it is judged.
    window: Window,
    /// What times are told from.
    run: Window,
}

impl<'a> Judge<'a> {
    fn finding(
        &self,
        labels: &BTreeMap<String, String>,
        deadline_ms: Option<i64>,
    ) -> Result<Finding, Doubt> {
        let is_meant =
            |one: &&RuleHistory| one.rule.name == self.alert.alert && may_have(&one.rule, labels);
        let rules: Vec<&RuleHistory> = self.history.alerts().filter(is_meant).collect();
        if rules.is_empty() {
            let reason = format!("no rule is left of the alert `{}`", self.alert.alert);
            return Err(Doubt::new(codes::RULE_FAILURE, reason));
        }
        let until = |closed_ms| Window { closed_ms, ..self.window };
        let window = deadline_ms.map_or(self.window, |at| until(at.min(self.window.closed_ms)));
        let ends: Vec<Ended<'_>> =
            rules.iter().map(|rule| self.ended(rule, window, labels)).collect();
        let ruling = match &self.alert.expected {
            AlertExpectation::Quiet => all_of(ends.iter().map(|end| self.quiet(end, ends.len()))),
            AlertExpectation::Fires { .. } => self.fires(&ends, window, labels),
        };
        Ok(self.found(&ends, self.doubted(ruling, &rules), window))
    }

    fn ended(
        &self,
        rule: &'a RuleHistory,
        window: Window,
        labels: &BTreeMap<String, String>,
    ) -> Ended<'a> {
        let is_meant = |one: &AlertActivity| has(one, labels);
        ended(rule, self.history, self.evidence.series, window, is_meant)
    }

    fn found(&self, ends: &[Ended<'_>], ruling: Ruling, window: Window) -> Finding {
        let firing = ends.iter().filter(|end| end.ending == AlertEnding::Fired);
        let firing: Vec<_> = firing.flat_map(|end| &end.activities).collect();
        // Of several rules the one that matters most to what is asked for.
        let endings = ends.iter().map(|end| end.ending);
        let ending = endings.max().unwrap_or(AlertEnding::CouldNotHaveFired);
        let mut labels: Vec<_> = firing.iter().map(|one| &one.labels).collect();
        labels.sort_unstable();
        labels.dedup();
        let observed = Observed::Alert { ending, firing: labels.len() as u64 };
        let mut finding = Finding::new(observed, ruling);
        finding.element = firing.first().map(|one| one.labels.to_string());
        finding.samples = ends.iter().map(|end| self.seen(end, window)).min();
        finding
    }

    /// At how many evaluations something new could be seen.
    fn seen(&self, end: &Ended<'_>, window: Window) -> u64 {
        let scrapes = good_scrapes(self.evidence.series, stretch(window));
        end.rule.values(window).min(scrapes) as u64
    }

    /// One rule that must be quiet; of `all` of its name, it is told which.
    fn quiet(&self, end: &Ended<'_>, all: usize) -> Ruling {
        let which = match all {
            1 => String::new(),
            _ => format!("{}:{}: ", end.rule.file, end.rule.rule.place.line),
        };
        match end.ending {
            AlertEnding::Fired => {
                let reason = format!("{which}{}", how_it_fired(&end.activities, self.run));
                Ruling::fail(codes::ALERT_FIRED, reason)
            }
            AlertEnding::StayedQuiet => self.seen_quiet(end, self.window, &which, Ruling::pass),
            _ => doubt(end, &which).into(),
        }
    }

    /// A rule that stayed quiet, which is believed only if it was looked at often enough.
    fn seen_quiet(
        &self,
        end: &Ended<'_>,
        window: Window,
        which: &str,
        ruling: impl FnOnce(String) -> Ruling,
    ) -> Ruling {
        let seen = self.seen(end, window);
        if seen >= LEAST_SCRAPES {
            return ruling(format!("{which}stayed quiet over {seen} evaluations"));
        }
        Ruling::inconclusive(
            codes::ALERT_EVALUATIONS,
            format!(
                "{which}stayed quiet over {seen} evaluations of good scrapes with a value, and needs \
                 {LEAST_SCRAPES}; scrape and evaluate more often, or load for longer"
            ),
        )
    }

    /// An alert that must fire, by any of its rules.
    fn fires(
        &self,
        ends: &[Ended<'_>],
        window: Window,
        labels: &BTreeMap<String, String>,
    ) -> Ruling {
        let mut fired = ends.iter().filter(|end| end.ending == AlertEnding::Fired).peekable();
        if let Some(first) = fired.peek() {
            let how = how_it_fired(&first.activities, self.run);
            return match fired.find_map(|end| self.brought_about(end)) {
                Some(by_load) => Ruling::pass(how_it_fired(&by_load, self.run)),
                None => Ruling::inconclusive(
                    codes::ALERT_FIRED_BEFORE,
                    format!(
                        "{how}, but its condition held at the first scrape already, before any load, so \
                         that firing shows nothing; correct the rule, or begin where it does not hold"
                    ),
                ),
            };
        }
        let miss = |reason: String| Ruling::fail(codes::ALERT_NOT_FIRED, reason);
        let is_cut = window.closed_ms < self.window.closed_ms;
        let later = ends.iter().map(|end| self.ended(end.rule, self.window, labels));
        let later = later.into_iter().find(|end| end.ending == AlertEnding::Fired);
        if let (true, Some(late)) = (is_cut, later) {
            return miss(format!("too late: {}", how_it_fired(&late.activities, self.run)));
        }
        if let Some(pending) = ends.iter().find(|end| end.ending == AlertEnding::PendingAtEnd) {
            let in_time = "was pending, and had not fired when the time was over".to_owned();
            return if is_cut { miss(in_time) } else { doubt(pending, "").into() };
        }
        let could_not = |end: &&Ended<'_>| end.ending == AlertEnding::CouldNotHaveFired;
        if let Some(end) = ends.iter().find(could_not) {
            return doubt(end, "").into();
        }
        let others = fired_otherwise(ends, window);
        all_of(
            ends.iter().map(|end| {
                self.seen_quiet(end, window, "", |quiet| miss(format!("{quiet}{others}")))
            }),
        )
    }

    /// The alerts of a rule that fired and were not there before the load; `None` for none.
    fn brought_about(&self, end: &Ended<'a>) -> Option<Vec<&'a AlertActivity>> {
        let begun = self.evidence.load.phases.iter().map(|phase| phase.first_intended_ms).min();
        let is_known = begun.is_some_and(|begun_ms| self.history.first_ms <= begun_ms);
        let is_of_load = |one: &&AlertActivity| !is_known || !end.rule.held_from_first(one);
        let of_load: Vec<_> = end.activities.iter().copied().filter(is_of_load).collect();
        (!of_load.is_empty()).then_some(of_load)
    }

    /// The ruling again, knowing what may have hidden that an alert fired.
    fn doubted(&self, ruling: Ruling, rules: &[&RuleHistory]) -> Ruling {
        let must_fire = matches!(self.alert.expected, AlertExpectation::Fires { .. });
        let has_fired = match ruling.verdict {
            Verdict::Pass => must_fire,
            Verdict::Fail => !must_fire,
            Verdict::Inconclusive => return ruling,
        };
        if has_fired && !must_fire {
            return ruling;
        }
        if let Some(why) = rules.iter().find_map(|rule| rule.failure(self.window)) {
            let reason = format!("the rule could not be evaluated: {why}");
            return Ruling::inconclusive(codes::RULE_FAILURE, reason);
        }
        let attempts = attempts(self.evidence.series, stretch(self.window));
        let gaps = scrape_gaps::rule(Ruling::pass(ruling.reason.clone()), &attempts);
        if gaps.verdict == Verdict::Inconclusive {
            return gaps;
        }
        match hidden(rules, self.window, self.evidence).filter(|_| !has_fired) {
            Some(doubt) => doubt.into(),
            None if has_fired => ruling,
            None => flattered(ruling, rules, self.evidence),
        }
    }
}

/// Whether an alert has at least these labels.
fn has(activity: &AlertActivity, labels: &BTreeMap<String, String>) -> bool {
    labels.iter().all(|(name, value)| activity.labels.get(name) == Some(value.as_str()))
}

fn stretch(window: Window) -> Stretch {
    Stretch { after_ms: window.opened_ms - 1, until_ms: window.closed_ms }
}
