//! When an instance was scraped, as its samples tell: how often, and which scrapes
//! failed or are missing.
//!
//! The API does not show stale markers, so a scrape that nobody made is a gap.

use slogate_promql::Sample;

/// A gap longer than so many intervals is at least one missing scrape: Prometheus keeps
/// its grid to a hundredth, others to a tenth.
const LONGEST_SPACING: f64 = 1.5;

/// What `up` is after a scrape that succeeded.
const UP: f64 = 1.0;

/// One scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    /// When, milliseconds since the epoch.
    pub(super) at_ms: i64,
    /// Why it counts as failed, if it does.
    pub(super) fault: Option<String>,
}

/// The usual time between two samples: the median, so that a missed scrape or a change
/// of the interval long ago does not count. `None` for fewer than two samples.
pub(super) fn interval_ms(times_ms: &[i64]) -> Option<i64> {
    let mut spacings: Vec<i64> = times_ms.windows(2).map(|pair| pair[1] - pair[0]).collect();
    spacings.sort_unstable();
    spacings.get(spacings.len() / 2).copied().filter(|interval| *interval > 0)
}

/// The scrapes behind the samples of `up`: 0 is one that failed.
pub(super) fn of_up(samples: &[Sample], interval_ms: i64) -> Vec<Tick> {
    let tick = |sample: &Sample| Tick {
        at_ms: sample.t_ms,
        fault: (sample.value.to_bits() != UP.to_bits())
            .then(|| "`up` was 0: the scrape failed".to_owned()),
    };
    with_gaps(samples.iter().map(tick).collect(), interval_ms)
}

/// The scrapes behind the samples of any other series.
pub(super) fn of_samples(samples: &[Sample], interval_ms: i64) -> Vec<Tick> {
    let tick = |sample: &Sample| Tick { at_ms: sample.t_ms, fault: None };
    with_gaps(samples.iter().map(tick).collect(), interval_ms)
}

/// Fills gaps with the scrapes that are missing in them.
fn with_gaps(found: Vec<Tick>, interval_ms: i64) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::with_capacity(found.len());
    for tick in found {
        if let Some(last) = ticks.last() {
            ticks.extend(missing_between(last.at_ms, tick.at_ms, interval_ms));
        }
        ticks.push(tick);
    }
    ticks
}

fn missing_between(last_ms: i64, next_ms: i64, interval_ms: i64) -> Vec<Tick> {
    let gap_ms = next_ms - last_ms;
    if interval_ms <= 0 || (gap_ms as f64) <= interval_ms as f64 * LONGEST_SPACING {
        return Vec::new();
    }
    let missing = ((gap_ms + interval_ms / 2) / interval_ms - 1).max(1);
    let fault = format!("no sample for {:.1} s", gap_ms as f64 / 1000.0);
    (1..=missing)
        .map(|index| Tick {
            at_ms: last_ms + index * gap_ms / (missing + 1),
            fault: Some(fault.clone()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(pairs: &[(i64, f64)]) -> Vec<Sample> {
        pairs.iter().map(|(t_ms, value)| Sample { t_ms: *t_ms, value: *value }).collect()
    }

    fn shown(ticks: &[Tick]) -> Vec<(i64, bool)> {
        ticks.iter().map(|tick| (tick.at_ms, tick.fault.is_none())).collect()
    }

    #[test]
    fn the_interval_is_the_usual_spacing() {
        assert_eq!(interval_ms(&[0, 60_000, 75_000, 90_001, 105_000, 135_000]), Some(15_001));
        assert_eq!(interval_ms(&[5]), None);
        assert_eq!(interval_ms(&[5, 5]), None);
    }

    #[test]
    fn up_0_is_a_scrape_that_failed() {
        let ticks = of_up(&samples(&[(0, 1.0), (1_000, 0.0), (2_000, 1.0)]), 1_000);
        assert_eq!(shown(&ticks), [(0, true), (1_000, false), (2_000, true)]);
    }

    #[test]
    fn a_gap_is_as_many_failed_scrapes_as_are_missing() {
        let ticks = of_samples(&samples(&[(0, 5.0), (4_000, 5.0), (5_400, 5.0)]), 1_000);
        let expected = [
            (0, true),
            (1_000, false),
            (2_000, false),
            (3_000, false),
            (4_000, true),
            (5_400, true),
        ];
        assert_eq!(shown(&ticks), expected);
        assert_eq!(ticks[1].fault.as_deref(), Some("no sample for 4.0 s"));
    }
}
