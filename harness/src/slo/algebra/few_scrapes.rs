//! Rule: a range is judged only if it holds at least four scrapes.
//!
//! Rates and increases are extrapolated from the samples they find; from two or
//! three, one late scrape moves them by a third.

use crate::code::Code;
use crate::slo::Doubt;

/// The code of this rule.
pub const CODE: Code = Code::new(&["few-scrapes", include_str!("../codes/few-scrapes.md")]);

/// Good scrapes that a range must hold.
pub const LEAST_SCRAPES: usize = 4;

/// The doubt about a range of `range_ms` in which `scrapes` were good, if there is one.
pub fn doubt(metric: &str, range_ms: i64, scrapes: usize) -> Option<Doubt> {
    (scrapes < LEAST_SCRAPES).then(|| {
        Doubt::new(
            CODE,
            format!(
                "`{metric}[{range_ms}ms]` holds {scrapes} good scrapes and needs {LEAST_SCRAPES}; \
             scrape more often or load for longer"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_scrapes_are_too_few() {
        assert_eq!(
            doubt("up", 1_001, 3).map(|doubt| doubt.reason).as_deref(),
            Some(
                "`up[1001ms]` holds 3 good scrapes and needs 4; scrape more often or load for \
                 longer"
            )
        );
        assert_eq!(doubt("up", 1_001, 4), None);
    }
}
