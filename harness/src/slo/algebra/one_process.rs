//! Rule: one process that is scraped at two addresses counts everything twice.
//!
//! `http://127.0.0.1:80/metrics` and `http://127.0.0.2:80/metrics` may be one page, and then
//! 100 requests are 200. One address listed twice is refused before the load; two of them
//! tell nothing until the process has counted something. What tells then:
//!
//! - Both say the same, to the bit, of when the process started, or both nothing. That alone
//!   is little: twins that one command started say the same second.
//! - Both have the same counters, each with the same value at the opening and at the closing
//!   scrape. Nothing is in flight at either, so that one process says the same at both
//!   addresses. Left out is what moves by itself or by the scrapes. Twins say the same as
//!   long as they are idle, and also where a balancer deals to them in turn, so that this is
//!   not enough either.
//! - So there must be something that two processes cannot say. Either a sum of measured
//!   amounts, such as `…_seconds_sum`, that grew and is no whole number: two processes that
//!   took the same time to the last bit of a float are not seen. Or, where the process says
//!   when it started, a metric that grew by all answers that came: of twins that share a
//!   load evenly each counts half of it. A twin that counts each of its half twice (two
//!   queries a request) would look the same, so no metric may have grown by just that half.
//!
//! A process whose counters move between two scrapes without load, or that counts the
//! scrapes themselves without saying of which path, is not recognised. That is the price
//! of accusing nobody: the remedy of this rule is to list one address less, and for twins
//! that would be the wrong one.

use std::collections::BTreeMap;

use slogate_promql::Labels;

use crate::slo::{Ruling, Verdict};

/// A counter's values at the opening and the closing scrape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtEnds {
    /// At the opening one; 0 if it was born later.
    pub opened: f64,
    /// At the closing one.
    pub closed: f64,
}

/// What one instance says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// When its process started, seconds since the epoch, if it says so.
    pub started: Option<f64>,
    /// Its counters, without the labels that scraping adds.
    pub counters: BTreeMap<Labels, AtEnds>,
}

/// The first two instances that are certain to be one process; `answers` came from all.
pub fn find(instances: &[Instance], answers: u64) -> Option<[&str; 2]> {
    instances.iter().enumerate().find_map(|(number, one)| {
        let mut before = instances.iter().take(number);
        let twice = before.find(|other| are_one(other, one, answers as f64))?;
        Some([twice.name.as_str(), one.name.as_str()])
    })
}

/// Rules again what was counted over both.
pub fn rule(ruling: Ruling, [one, other]: [&str; 2]) -> Ruling {
    if ruling.verdict == Verdict::Inconclusive {
        return ruling;
    }
    Ruling::inconclusive(format!(
        "`{one}` and `{other}` look like one process: they say the same of all that it counted, \
         before the load and after it, so that everything counts twice; list it once (measured: {})",
        ruling.reason
    ))
}

fn are_one(one: &Instance, other: &Instance, answers: f64) -> bool {
    let started = |instance: &Instance| instance.started.map(f64::to_bits);
    started(one) == started(other)
        && one.counters == other.counters
        && (measured_the_same(one) || (one.started.is_some() && counted_all(one, answers)))
}

/// Whether a sum grew that is no whole number.
fn measured_the_same(instance: &Instance) -> bool {
    instance.counters.iter().any(|(labels, ends)| {
        let is_sum = labels.metric_name().is_some_and(|name| name.ends_with("_sum"));
        is_sum && ends.closed > ends.opened && ends.closed.fract() != 0.0
    })
}

/// Whether a metric grew by all answers, and none by half of them.
fn counted_all(instance: &Instance, answers: f64) -> bool {
    let mut grown: BTreeMap<&str, f64> = BTreeMap::new();
    for (labels, ends) in &instance.counters {
        *grown.entry(labels.metric_name().unwrap_or_default()).or_default() +=
            ends.closed - ends.opened;
    }
    let some_grew_by = |amount: f64| grown.values().any(|grown| (grown - amount).abs() < 0.5);
    answers > 0.0 && some_grew_by(answers) && !some_grew_by(answers / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An instance with counters by name: their values at both ends.
    fn instance(name: &str, started: Option<f64>, counters: &[(&str, f64, f64)]) -> Instance {
        let counter = |(name, opened, closed): &(&str, f64, f64)| {
            (Labels::new([("__name__", *name)]), AtEnds { opened: *opened, closed: *closed })
        };
        let counters = counters.iter().map(counter).collect();
        Instance { name: name.into(), started, counters }
    }

    fn are_found(one: &[(&str, f64, f64)], other: &[(&str, f64, f64)]) -> bool {
        let started = Some(1_767_000_000.0);
        find(&[instance("a", started, one), instance("b", started, other)], 200).is_some()
    }

    const ALL: &[(&str, f64, f64)] = &[("requests_total", 10.0, 210.0), ("fails_total", 0.0, 0.0)];
    const HALF: &[(&str, f64, f64)] =
        &[("requests_total", 5.0, 105.0), ("queries_total", 10.0, 210.0)];
    const IDLE: &[(&str, f64, f64)] = &[("requests_total", 0.0, 0.0)];
    const MEASURED: &[(&str, f64, f64)] =
        &[("requests_total", 5.0, 105.0), ("seconds_sum", 0.1, 2.734_112)];

    #[test]
    fn one_process_at_two_addresses_is_found() {
        assert!(are_found(ALL, ALL));
        assert!(are_found(MEASURED, MEASURED), "half of the answers, and the same time for them");
    }

    #[test]
    fn twins_are_not_accused() {
        assert!(!are_found(IDLE, IDLE), "idle, started in the same second");
        assert!(!are_found(HALF, HALF), "a balancer dealt to them in turn");
        assert!(!are_found(ALL, IDLE), "one does all the work");
        let whole = &[("requests_total", 0.0, 100.0), ("milliseconds_sum", 0.0, 1_731.0)];
        assert!(!are_found(whole, whole), "a sum of whole numbers may be the same");
        let idle_sum = &[("requests_total", 0.0, 100.0), ("seconds_sum", 0.5, 0.5)];
        assert!(!are_found(idle_sum, idle_sum), "a sum that did not grow");
    }

    #[test]
    fn another_start_is_another_process_and_none_at_all_takes_a_measured_sum() {
        let found = |one, other, counters| {
            find(&[instance("a", one, counters), instance("b", other, counters)], 200).is_some()
        };
        assert!(!found(Some(1.0), Some(1.01), MEASURED) && !found(Some(1.0), None, MEASURED));
        assert!(found(None, None, MEASURED) && !found(None, None, ALL));
    }

    #[test]
    fn names_the_two_and_takes_any_verdict_away() {
        let instances = ["a", "b", "c"].map(|name| {
            let counters = if name == "b" { IDLE } else { ALL };
            instance(name, Some(1.0), counters)
        });
        let twice = find(&instances, 200).unwrap();
        assert_eq!(twice, ["a", "c"]);
        for ruling in [Ruling::pass("m"), Ruling::fail("m")] {
            assert_eq!(rule(ruling, twice).verdict, Verdict::Inconclusive);
        }
        assert_eq!(rule(Ruling::inconclusive("m"), twice), Ruling::inconclusive("m"));
    }
}
