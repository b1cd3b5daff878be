//! What is said of an alert that fired, or of which nobody knows whether it would have.

use super::ending::{AlertEnding, Ended};
use super::history::AlertActivity;
use crate::slo::{Doubt, Window, codes};
use crate::units::{Unit, format_quantity};

/// `fired 2.3 s into the run and for 4.1 s, at 12: More than 5 exports failed`.
pub(super) fn how_it_fired(activities: &[&AlertActivity], run: Window) -> String {
    let Some(first) = activities.iter().min_by_key(|one| one.fired_at_ms) else {
        return "fired".to_owned();
    };
    let fired_ms = first.fired_at_ms.unwrap_or(first.active_at_ms);
    let into = fired_ms - run.opened_ms;
    let when = if into < 0 {
        "before the measured load began".to_owned()
    } else {
        format!("{} into the run", seconds(into))
    };
    let how_long = if first.is_open {
        "until the end".to_owned()
    } else {
        format!("for {}", seconds(first.last_ms - fired_ms))
    };
    let more = match activities.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let said = summary(first).map_or_else(String::new, |said| format!(": {said}"));
    let value = format_quantity(first.value, Unit::Plain);
    format!("fired {when} and {how_long}, at {value}{more}{said}")
}

/// What fired under other labels than those that were asked for.
pub(super) fn fired_otherwise(ends: &[Ended<'_>], window: Window) -> String {
    let all = ends.iter().flat_map(|end| &end.rule.activities);
    let fired = all.into_iter().find(|one| one.fires_in(window));
    fired.map_or_else(String::new, |one| format!("; it fired with other labels: {}", one.labels))
}

/// Why it is not known whether a rule would have fired.
pub(super) fn doubt(end: &Ended<'_>, which: &str) -> Doubt {
    let pending = end.activities.first().filter(|_| end.ending == AlertEnding::PendingAtEnd);
    let Some(pending) = pending else {
        if let Some(failure) = end.failure {
            let reason = format!("{which}the rule could not be evaluated: {failure}");
            return Doubt::new(codes::RULE_FAILURE, reason);
        }
        let why = end.why.as_deref().unwrap_or("nothing is known of it");
        let reason = format!("{which}could not have fired: {why}");
        return Doubt::new(codes::ALERT_COULD_NOT_FIRE, reason);
    };
    let reason = format!(
        "{which}was pending at the end, for {} so far, with {} at {}; its `for` was not over, so load \
         for longer",
        seconds(pending.last_ms - pending.active_at_ms),
        pending.labels,
        format_quantity(pending.value, Unit::Plain),
    );
    Doubt::new(codes::ALERT_PENDING, reason)
}

/// What an alert says for people: its summary, or what comes closest.
fn summary(activity: &AlertActivity) -> Option<&str> {
    let of_name = |name| activity.annotations.get(name);
    let any = || activity.annotations.iter().next().map(|(_, text)| text);
    of_name("summary").or_else(|| of_name("description")).or_else(any)
}

fn seconds(milliseconds: i64) -> String {
    format_quantity(milliseconds as f64 / 1_000.0, Unit::Seconds)
}
