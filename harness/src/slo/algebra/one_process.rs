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
//!   times, such as `…_seconds_sum`, that grew and is no whole number: two processes that
//!   took the same time to the last bit of a float are not seen. A sum of anything else, as
//!   of sizes, is the same for twins that got the same requests. Or, where the process says
//!   when it started, a metric that grew by all answers that came: of twins that share a
//!   load evenly each counts half of it. A twin that counts each of its half twice (two
//!   queries a request) would look the same, so no metric may have grown by just that half.
//!
//! What both are read for is in doubt then, but for a miss that would be one if the process
//! were read once: an extreme is the same, and of a sum at least half is left.
//!
//! A process whose counters move between two scrapes without load, or that counts the
//! scrapes themselves without saying of which path, is not recognised. That is the price
//! of accusing nobody: the remedy of this rule is to list one address less, and for twins
//! that would be the wrong one.

use crate::code::Code;
use std::collections::BTreeMap;

use slogate_promql::{Copies, Labels};

use super::unit_of_name;
use crate::scenario::{Comparator, Threshold};
use crate::slo::{Ruling, Verdict};

/// The code of this rule.
pub const CODE: Code = Code::new(&["one-process", include_str!("../codes/one-process.md")]);

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

/// What was read of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadTwice<'a> {
    /// The instances.
    pub instances: [&'a str; 2],
    /// What reading a process twice does to the value.
    pub copies: Copies,
    /// The value, if there is a finite one.
    pub value: Option<f64>,
    /// What it is held against.
    pub targets: &'a [Threshold],
}

impl ReadTwice<'_> {
    /// Whether the process read once would be a miss as well.
    fn misses_once(&self) -> bool {
        match (self.copies, self.value) {
            (Copies::Ignored, _) => true,
            // Between its half and itself, because others may have been read as well.
            (Copies::Added, Some(value)) => {
                self.targets.iter().any(|target| misses_all(target, value / 2.0, value))
            }
            (Copies::Added, None) | (Copies::Unknown, _) => false,
        }
    }
}

/// Rules again what was counted over both.
pub fn rule(ruling: Ruling, read: &ReadTwice<'_>) -> Ruling {
    if ruling.verdict == Verdict::Inconclusive
        || (ruling.verdict == Verdict::Fail && read.misses_once())
    {
        return ruling;
    }
    let [one, other] = read.instances;
    Ruling::inconclusive(
        CODE,
        format!(
            "`{one}` and `{other}` look like one process: they say the same of all that it counted, \
         before the load and after it, so that everything counts twice; list it once (measured: {})",
            ruling.reason
        ),
    )
}

/// Whether every value from `low` to `high` misses a target.
fn misses_all(target: &Threshold, low: f64, high: f64) -> bool {
    let holds = |value| target.comparator.holds(value, target.bound);
    match target.comparator {
        Comparator::Less | Comparator::LessOrEqual => !holds(low),
        Comparator::Greater | Comparator::GreaterOrEqual => !holds(high),
        Comparator::Equal => !(low..=high).contains(&target.bound),
        Comparator::NotEqual => !holds(low) && !holds(high),
    }
}

fn are_one(one: &Instance, other: &Instance, answers: f64) -> bool {
    let started = |instance: &Instance| instance.started.map(f64::to_bits);
    started(one) == started(other)
        && one.counters == other.counters
        && (measured_the_same(one) || (one.started.is_some() && counted_all(one, answers)))
}

/// Whether a sum of times grew that is no whole number.
fn measured_the_same(instance: &Instance) -> bool {
    instance.counters.iter().any(|(labels, ends)| {
        let name = labels.metric_name().unwrap_or_default();
        let is_of_times = name.ends_with("_sum") && unit_of_name::is_time(name);
        is_of_times && ends.closed > ends.opened && ends.closed.fract() != 0.0
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
    use crate::slo::fixtures::at;

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
        &[("requests_total", 5.0, 105.0), ("busy_seconds_sum", 0.1, 2.734_112)];

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
        let whole = &[("requests_total", 0.0, 100.0), ("busy_milliseconds_sum", 0.0, 1_731.0)];
        assert!(!are_found(whole, whole), "a sum of whole numbers may be the same");
        let sizes = &[("requests_total", 0.0, 100.0), ("response_kilobytes_sum", 0.0, 250.5)];
        assert!(!are_found(sizes, sizes), "a sum of what the requests were, not of how long");
        let idle_sum = &[("requests_total", 0.0, 100.0), ("busy_seconds_sum", 0.5, 0.5)];
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
    fn names_the_two() {
        let instances = ["a", "b", "c"].map(|name| {
            let counters = if name == "b" { IDLE } else { ALL };
            instance(name, Some(1.0), counters)
        });
        let twice = find(&instances, 200).unwrap();
        assert_eq!(twice, ["a", "c"]);
    }

    fn ruled(ruling: Ruling, copies: Copies, target: (Comparator, f64)) -> Verdict {
        let targets = [at(target.0, target.1)];
        let value = Some(14.0);
        let read = ReadTwice { instances: ["a", "b"], copies, value, targets: &targets };
        rule(ruling, &read).verdict
    }

    #[test]
    fn a_pass_is_taken_away_whatever_was_read() {
        for copies in [Copies::Ignored, Copies::Added, Copies::Unknown] {
            let target = (Comparator::GreaterOrEqual, 7.0);
            assert_eq!(ruled(Ruling::pass("m"), copies, target), Verdict::Inconclusive);
        }
    }

    #[test]
    fn a_sum_is_a_miss_where_all_from_its_half_on_is_one() {
        use Comparator::{Equal, Greater, Less, LessOrEqual, NotEqual};
        let missed = |target| ruled(Ruling::fail(CODE, "m"), Copies::Added, target);
        for target in [(Equal, 0.0), (Equal, 6.0), (Less, 7.0), (LessOrEqual, 6.0), (Greater, 14.0)]
        {
            assert_eq!(missed(target), Verdict::Fail, "{target:?}");
        }
        for target in [(Equal, 7.0), (Equal, 10.0), (LessOrEqual, 7.0), (NotEqual, 14.0)] {
            assert_eq!(missed(target), Verdict::Inconclusive, "{target:?}");
        }
    }

    #[test]
    fn a_miss_of_an_extreme_stands_and_one_of_anything_else_does_not() {
        let missed =
            |copies| ruled(Ruling::fail(CODE, "m"), copies, (Comparator::LessOrEqual, 10.0));
        assert_eq!(missed(Copies::Ignored), Verdict::Fail);
        assert_eq!(missed(Copies::Unknown), Verdict::Inconclusive);
    }
}
