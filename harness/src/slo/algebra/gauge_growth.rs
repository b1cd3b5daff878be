//! Rule: a gauge does not grow.
//!
//! `increase()` and `rate()` take every fall for a restart and add up the rises: of a
//! queue that fills and empties they make a number that nobody can read, and of one
//! that stays as it is 0. `counter:` refuses gauges, and so do they.

use crate::code::Code;
use crate::series::FamilyKind;
use crate::slo::Doubt;

/// The code of this rule.
pub const CODE: Code = Code::new(&["gauge-growth", include_str!("../codes/gauge-growth.md")]);

/// The doubt about the growth of a series that was declared to be this, if it is a gauge.
pub fn doubt(name: &str, kind: Option<FamilyKind>) -> Option<Doubt> {
    (kind == Some(FamilyKind::Gauge)).then(|| {
        Doubt::new(CODE, format!(
            "`{name}` is a gauge, and `increase` and `rate` are of counters; use `max_over_time`, \
             or `delta` for how it moved"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_declared_gauge_is_refused() {
        assert!(doubt("depth", Some(FamilyKind::Gauge)).is_some());
        assert_eq!(doubt("a_total", Some(FamilyKind::Counter)), None);
        assert_eq!(doubt("untyped", None), None);
    }
}
