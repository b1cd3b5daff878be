//! Things that go wrong on purpose, so that objectives and alerts can be proven
//! to go red.
//!
//! A rule says what goes wrong, for which exports and when; its grammar is in
//! `rule`. This module decides which rules hit an export, and applies none of
//! them: that is for whoever has the thing that goes wrong. Deterministic: shares
//! are spread evenly and nothing is random, so that a run can be repeated.

mod exposition;
mod rule;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use self::rule::Kind;
pub(crate) use self::rule::help;
pub use self::rule::{Fault, FaultError};
use crate::{format::Format, metrics::Size};

/// The rules of a service, with what they have done so far.
#[derive(Clone, Debug)]
pub struct Faults {
    rules: Arc<[Rule]>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    /// Exports that the rule was asked about.
    asked: AtomicU64,
    /// What a stuck gauge keeps showing.
    kept: Mutex<Option<String>>,
}

/// What an export must suffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It takes that much longer, in its place.
    Latency(Duration),
    /// It fails with this status.
    Error(u16),
    /// It holds that many bytes more.
    Memory(usize),
    /// Its file loses all bytes.
    LostBytes,
    /// Its place is not given back before this time on the clock, or ever.
    KeptPlace(Option<Duration>),
    /// The process ends instead of answering.
    Exit,
    /// The body of its answer takes that long.
    SlowBody(Duration),
    /// The body of its answer breaks off.
    TruncatedBody,
}

impl Faults {
    /// A service that does its best.
    pub fn none() -> Self {
        Self::new(Vec::new())
    }

    /// A service with these rules.
    pub fn new(faults: Vec<Fault>) -> Self {
        let rule = |fault| Rule { fault, asked: AtomicU64::new(0), kept: Mutex::new(None) };
        Self { rules: faults.into_iter().map(rule).collect() }
    }

    /// The rules as they were written.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.fault.text())
    }

    /// What an export of this format and size must suffer, so long after the start
    /// of the service.
    pub(crate) fn judge(&self, export: (Format, Size), clock: Duration) -> Vec<Effect> {
        let hit = self.rules.iter().filter(|rule| rule.fault.matches(export, clock));
        hit.filter_map(|rule| rule.effect(clock)).collect()
    }

    /// The exposition as the rules leave it.
    pub(crate) fn distort(&self, exposition: String, clock: Duration) -> String {
        let active = self.rules.iter().filter(|rule| rule.fault.is_active(clock));
        active.fold(exposition, |exposition, rule| match rule.fault.kind() {
            Kind::MissingMetric(name) => exposition::without(&exposition, name),
            Kind::StuckGauge(name) => {
                let mut kept = rule.kept.lock().unwrap_or_else(PoisonError::into_inner);
                let kept = kept.get_or_insert_with(|| exposition::family(&exposition, name));
                exposition::replace(&exposition, name, kept)
            }
            _ => exposition,
        })
    }
}

impl Rule {
    /// What the rule does to the export it is asked about now.
    fn effect(&self, clock: Duration) -> Option<Effect> {
        let asked_before = self.asked.fetch_add(1, Ordering::Relaxed);
        match *self.fault.kind() {
            Kind::Latency { shortest, longest } => {
                let spread = longest.saturating_sub(shortest).mul_f64(spread(asked_before));
                Some(Effect::Latency(shortest + spread))
            }
            Kind::Stall { every, duration } => {
                stall_left(clock, every, duration).map(Effect::Latency)
            }
            Kind::Error { ratio, status } => {
                is_hit(asked_before, ratio).then_some(Effect::Error(status))
            }
            Kind::SlowBody(duration) => Some(Effect::SlowBody(duration)),
            Kind::TruncatedBody(ratio) => {
                is_hit(asked_before, ratio).then_some(Effect::TruncatedBody)
            }
            Kind::LostBytes(ratio) => is_hit(asked_before, ratio).then_some(Effect::LostBytes),
            Kind::Memory(bytes) => Some(Effect::Memory(bytes)),
            Kind::StuckQueue => Some(Effect::KeptPlace(self.fault.ends_at())),
            Kind::Exit(count) => (asked_before + 1 >= count).then_some(Effect::Exit),
            Kind::MissingMetric(_) | Kind::StuckGauge(_) => None,
        }
    }
}

/// Whether a share hits the export after `asked_before` others: with 0.1, each
/// tenth and no other.
fn is_hit(asked_before: u64, ratio: f64) -> bool {
    let hits = |exports: u64| (exports as f64 * ratio + ROUNDING).floor();
    hits(asked_before + 1) > hits(asked_before)
}

/// Ten times 0.1 must be one.
const ROUNDING: f64 = 1e-9;

/// A number from 0 to 1 for each export, evenly spread however many there are:
/// multiples of the golden ratio (Weyl's low-discrepancy sequence).
fn spread(asked_before: u64) -> f64 {
    (asked_before as f64 * GOLDEN_RATIO).fract()
}

/// The fractional part of the golden ratio.
const GOLDEN_RATIO: f64 = 0.618_033_988_749_894_9;

/// What is left of a stall that begins at each multiple of `every`.
fn stall_left(clock: Duration, every: Duration, duration: Duration) -> Option<Duration> {
    let into_period = clock.as_secs_f64() % every.as_secs_f64();
    let left = duration.as_secs_f64() - into_period;
    (clock >= every && left > 0.0).then(|| Duration::from_secs_f64(left))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL_CSV: (Format, Size) = (Format::Csv, Size::Small);

    fn faults(rules: &[&str]) -> Faults {
        Faults::new(rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    fn at(faults: &Faults, seconds: f64) -> Vec<Effect> {
        faults.judge(SMALL_CSV, Duration::from_secs_f64(seconds))
    }

    fn hits(faults: &Faults, exports: usize) -> usize {
        (0..exports).filter(|_| !at(faults, 0.0).is_empty()).count()
    }

    #[test]
    fn a_tenth_of_exports_is_exactly_a_tenth() {
        assert_eq!(hits(&faults(&["error:0.1"]), 10), 1);
        assert_eq!(hits(&faults(&["error:0.1"]), 1_000), 100);
        assert_eq!(hits(&faults(&["truncated-body:1"]), 7), 7);
        assert_eq!(hits(&faults(&["lost-bytes:0.3"]), 10), 3);
    }

    #[test]
    fn each_rule_has_its_own_effect() {
        let faults = faults(&["latency:250ms", "error:1:503", "memory:1MiB", "slow-body:2s"]);
        let expected = [
            Effect::Latency(Duration::from_millis(250)),
            Effect::Error(503),
            Effect::Memory(1 << 20),
            Effect::SlowBody(Duration::from_secs(2)),
        ];
        assert_eq!(at(&faults, 0.0), expected);
    }

    #[test]
    fn spread_latency_fills_the_range_evenly() {
        let faults = faults(&["latency:1s:3s"]);
        let latencies: Vec<f64> = (0..1_000)
            .flat_map(|_| at(&faults, 0.0))
            .map(|effect| match effect {
                Effect::Latency(latency) => latency.as_secs_f64(),
                other => panic!("{other:?}"),
            })
            .collect();
        let mean = latencies.iter().sum::<f64>() / 1_000.0;
        assert!((mean - 2.0).abs() < 0.01, "{mean}");
        assert!(latencies.iter().all(|latency| (1.0..=3.0).contains(latency)));
    }

    #[test]
    fn a_stall_lasts_to_its_end_and_comes_again() {
        let faults = faults(&["stall:10s:2s"]);
        assert_eq!(at(&faults, 1.0), []);
        assert_eq!(at(&faults, 10.5), [Effect::Latency(Duration::from_millis(1_500))]);
        assert_eq!(at(&faults, 12.5), []);
        assert_eq!(at(&faults, 30.0), [Effect::Latency(Duration::from_secs(2))]);
    }

    #[test]
    fn filters_choose_format_size_and_time() {
        let faults = faults(&["error:1,format=csv,size=large,from=5s,for=10s"]);
        let hit = |export, seconds| !faults.judge(export, Duration::from_secs(seconds)).is_empty();
        let large_csv = (Format::Csv, Size::Large);
        assert!(hit(large_csv, 5) && hit(large_csv, 14));
        assert!(!hit(large_csv, 4) && !hit(large_csv, 15));
        assert!(!hit((Format::Pdf, Size::Large), 6) && !hit(SMALL_CSV, 6));
    }

    #[test]
    fn a_stuck_queue_lasts_as_long_as_its_rule() {
        assert_eq!(at(&faults(&["stuck-queue"]), 1.0), [Effect::KeptPlace(None)]);
        let limited = faults(&["stuck-queue,from=1s,for=4s"]);
        assert_eq!(at(&limited, 1.0), [Effect::KeptPlace(Some(Duration::from_secs(5)))]);
    }

    #[test]
    fn the_process_exits_at_the_given_export() {
        let faults = faults(&["exit:3"]);
        assert_eq!((at(&faults, 0.0), at(&faults, 0.0)), (vec![], vec![]));
        assert_eq!(at(&faults, 0.0), [Effect::Exit]);
    }

    #[test]
    fn a_missing_metric_is_gone_and_a_stuck_gauge_keeps_its_first_value() {
        let before = "# TYPE export_queue_depth gauge\nexport_queue_depth 1\n# TYPE b gauge\nb 1\n";
        let after = before.replace("_depth 1", "_depth 7");
        let missing = faults(&["missing-metric:export_queue_depth"]);
        assert_eq!(missing.distort(before.into(), Duration::ZERO), "# TYPE b gauge\nb 1\n");
        let stuck = faults(&["stuck-gauge:export_queue_depth,from=1s"]);
        assert_eq!(stuck.distort(before.into(), Duration::from_secs(1)), before);
        assert_eq!(stuck.distort(after.clone(), Duration::from_secs(2)), before);
        assert_eq!(stuck.distort(after.clone(), Duration::ZERO), after);
    }
}
