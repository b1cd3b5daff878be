//! The instants at which an expression is evaluated: one, or those of a range.

use std::time::Duration;

use super::{Moment, QueryError};
use crate::slo::{Doubt, ExpressionWindows};

/// As many points has a range at most whose step nobody named: two for each column of a chart.
const MOST_POINTS: i64 = 240;
/// Steps that people read at a glance, times powers of ten.
const ROUND_STEPS: [i64; 3] = [1, 2, 5];

/// Where to look over a time, as far as somebody said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RangeRequest {
    /// The first instant.
    pub start: Option<Moment>,
    /// The last one.
    pub end: Option<Moment>,
    /// The time between two.
    pub step: Option<Duration>,
}

/// Instants, milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instants {
    /// One.
    One(i64),
    /// From the first to the last at most.
    Range {
        /// The first.
        start_ms: i64,
        /// None is after it.
        end_ms: i64,
        /// Between two, at least 1.
        step_ms: i64,
    },
}

/// What the windows of a run say, or why there are none.
pub(super) type Known<'a> = Result<&'a ExpressionWindows, &'a Doubt>;

/// The instant that is meant, or the closing samples of the window.
pub(super) fn one(moment: Option<Moment>, windows: Known<'_>) -> Result<Instants, QueryError> {
    let at_ms = match moment {
        Some(moment) => instant(moment, windows)?,
        None => needed(windows, "name an instant with `--time`")?.window.closed_ms,
    };
    Ok(Instants::One(at_ms))
}

/// The range that is meant. Without an end it is the window's, and without a start the points
/// are counted back from the end, so that the last one is where objectives are judged.
pub(super) fn range(request: RangeRequest, windows: Known<'_>) -> Result<Instants, QueryError> {
    const ADVICE: &str = "name the range with `--start` and `--end`";
    let end_ms = match request.end {
        Some(moment) => instant(moment, windows)?,
        None => needed(windows, ADVICE)?.window.closed_ms,
    };
    let earliest_ms = match request.start {
        Some(moment) => instant(moment, windows)?,
        None => needed(windows, ADVICE)?.window.opened_ms,
    };
    if end_ms < earliest_ms {
        let problem = "the end of the range is before its start; turn them round";
        return Err(QueryError::Range(problem.to_owned()));
    }
    let step_ms = match request.step {
        Some(step) => whole_ms(step)?,
        None => round_step_ms(end_ms - earliest_ms),
    };
    let start_ms = match request.start {
        Some(_) => earliest_ms,
        None => end_ms - (end_ms - earliest_ms) / step_ms * step_ms,
    };
    Ok(Instants::Range { start_ms, end_ms, step_ms })
}

fn needed<'a>(
    windows: Known<'a>,
    advice: &'static str,
) -> Result<&'a ExpressionWindows, QueryError> {
    windows.map_err(|doubt| QueryError::NoWindow { doubt: doubt.clone(), advice })
}

fn instant(moment: Moment, windows: Known<'_>) -> Result<i64, QueryError> {
    match moment {
        Moment::At(at_ms) => Ok(at_ms),
        Moment::AfterOpening(after) => {
            let opened_ms =
                needed(windows, "write a time that is not relative to the run's start")?
                    .until_then
                    .opened_ms;
            let after_ms = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
            Ok(opened_ms.saturating_add(after_ms))
        }
    }
}

fn whole_ms(step: Duration) -> Result<i64, QueryError> {
    match i64::try_from(step.as_millis()) {
        Ok(step_ms) if step_ms > 0 => Ok(step_ms),
        _ => Err(QueryError::Range("--step: write 1ms or more".to_owned())),
    }
}

/// The shortest round step that keeps to [`MOST_POINTS`]: 96 to 240 of them, or fewer where
/// a millisecond is too long.
fn round_step_ms(length_ms: i64) -> i64 {
    let wanted_ms = ((length_ms + MOST_POINTS - 2) / (MOST_POINTS - 1)).max(1);
    let mut power = 1;
    loop {
        if let Some(step) = ROUND_STEPS.iter().map(|step| step * power).find(|s| *s >= wanted_ms) {
            return step;
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_nobody_named_is_round_and_gives_a_chart_its_points() {
        for (length_ms, step_ms) in [(10_000, 50), (30_000, 200), (1_000, 5), (0, 1), (60, 1)] {
            assert_eq!(round_step_ms(length_ms), step_ms, "{length_ms}");
        }
        for length_ms in (1_000..100_000).step_by(777) {
            let points = length_ms / round_step_ms(length_ms) + 1;
            assert!((60..=MOST_POINTS).contains(&points), "{length_ms}: {points}");
        }
    }

    #[test]
    fn a_range_of_its_own_needs_no_window() {
        let doubt = Doubt::new(crate::slo::codes::NO_WINDOW, "there was no closing scrape");
        let request = |start, end| RangeRequest {
            start: Some(Moment::At(start)),
            end: Some(Moment::At(end)),
            step: Some(Duration::from_secs(1)),
        };
        assert_eq!(
            range(request(500, 3_700), Err(&doubt)).unwrap(),
            Instants::Range { start_ms: 500, end_ms: 3_700, step_ms: 1_000 }
        );
        assert!(matches!(range(request(5, 1), Err(&doubt)), Err(QueryError::Range(_))));
        let open_end = RangeRequest { end: None, ..request(5, 10) };
        let said = range(open_end, Err(&doubt)).unwrap_err().to_string();
        assert!(said.starts_with("there was no closing scrape; name the range"), "{said}");
        assert!(one(Some(Moment::AfterOpening(Duration::ZERO)), Err(&doubt)).is_err());
        assert_eq!(one(Some(Moment::At(7)), Err(&doubt)).unwrap(), Instants::One(7));
    }
}
