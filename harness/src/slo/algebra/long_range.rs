//! Rule: a range that reaches back before the measured window judges something else.
//!
//! `rate(x[10m])` over one minute of a true 5/s is 0.5: the other nine minutes
//! are idle, or belong to somebody else. `window: includes_before_run` says that
//! this is meant.

use crate::code::Code;
use crate::slo::{Doubt, Window};

/// The code of this rule.
pub const CODE: Code = Code::new(&["long-range", include_str!("../codes/long-range.md")]);

/// The doubt about a selector that looks back `reach_ms`, if it looks too far.
pub fn doubt(metric: &str, reach_ms: i64, window: Window) -> Option<Doubt> {
    (reach_ms > window.range_ms()).then(|| {
        Doubt::new(
            CODE,
            format!(
                "`{metric}` looks back {reach_ms} ms and the measured window is {} ms long; use \
             `[$run]`, or say `window: includes_before_run`",
                window.closed_ms - window.opened_ms
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { opened_ms: 0, closed_ms: 60_000 };

    #[test]
    fn ten_minutes_do_not_fit_into_one() {
        assert_eq!(
            doubt("x", 600_000, WINDOW).map(|doubt| doubt.reason).as_deref(),
            Some(
                "`x` looks back 600000 ms and the measured window is 60000 ms long; use `[$run]`, \
                 or say `window: includes_before_run`"
            )
        );
    }

    #[test]
    fn the_window_itself_fits() {
        assert_eq!(doubt("x", WINDOW.range_ms(), WINDOW), None);
    }
}
