//! A limit of a `histogram_quantile` that is no bound of its buckets: between two bounds the
//! quantile is a guess, and beyond the highest finite one there is none.

use super::{Found, Severity, Subject};
use crate::expression::{Binary, BinaryOperator, Kind};
use crate::format_number;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for one in super::walk::every(&subject.rule.expression) {
        if let Kind::Binary(binary) = &one.kind {
            found.extend(of_comparison(subject, binary));
        }
    }
    found
}

fn of_comparison(subject: &Subject<'_>, binary: &Binary) -> Option<Found> {
    let exported = subject.known.exported?;
    let Kind::Number(limit) = binary.right.kind else {
        return None;
    };
    let (_, buckets) = binary.left.histogram_quantile()?;
    let selectors = buckets.selectors();
    let [selector] = selectors.as_slice() else {
        return None;
    };
    let bounds = exported.bounds_of(&selector.selector);
    if !binary.operator.is_comparison() || bounds.is_empty() || bounds.contains(&limit) {
        return at_the_last(binary.operator, limit, &bounds);
    }
    at_the_last(binary.operator, limit, &bounds).or_else(|| Some(between(limit, &bounds)))
}

/// In the last bucket `histogram_quantile` answers with the highest finite bound.
fn at_the_last(operator: BinaryOperator, limit: f64, bounds: &[f64]) -> Option<Found> {
    let last = *bounds.last()?;
    let never = match operator {
        BinaryOperator::Greater => limit >= last,
        BinaryOperator::GreaterOrEqual => limit > last,
        _ => false,
    };
    let shown = format_number(last);
    let why = format!(
        "the highest finite bound of the buckets is {shown}, and `histogram_quantile` never \
         answers more than that"
    );
    never.then(|| {
        let instead = "choose a lower limit, or give the histogram buckets beyond it";
        Found::new(Severity::Error, why, instead)
    })
}

fn between(limit: f64, bounds: &[f64]) -> Found {
    let below = bounds.iter().rev().find(|bound| **bound < limit);
    let above = bounds.iter().find(|bound| **bound > limit);
    // Where the first bound is positive, `histogram_quantile` takes 0 for the lowest value.
    let low = below.map_or_else(|| "0".to_owned(), |bound| format_number(*bound));
    let high = above.map_or_else(|| "+Inf".to_owned(), |bound| format_number(*bound));
    let shown = format_number(limit);
    let why = format!(
        "{shown} lies between the bounds {low} and {high}, where the quantile is interpolated: a \
         value of {shown} may stand for a true one from {low} to {high}"
    );
    let instead =
        format!("take {low} or {high} as the limit, or add a bucket with the bound {shown}");
    Found::new(Severity::Info, why, instead)
}

#[cfg(test)]
mod tests {
    use crate::lint::Exported;
    use crate::lint::tests::found;
    use crate::{Labels, METRIC_NAME};

    fn of(comparison: &str) -> Vec<String> {
        let mut exported = Exported::default();
        for bound in ["1.0", "5.0", "10.0", "+Inf"] {
            exported.add(&Labels::new([(METRIC_NAME, "b_bucket"), ("le", bound)]));
        }
        let quantile = "histogram_quantile(0.9, sum by (le) (rate(b_bucket[5m])))";
        let rule = format!("{{alert: A, expr: '{quantile} {comparison}'}}");
        found(&rule, Some(&exported))
    }

    #[test]
    fn a_limit_between_bounds_is_a_guess() {
        let told = of("> 3");
        assert!(
            told[0].contains("quantile-edge info: 3 lies between the bounds 1 and 5"),
            "{told:?}"
        );
        assert!(of("> 0.5")[0].contains("between the bounds 0 and 1"));
        assert!(of("> 5").is_empty());
    }

    #[test]
    fn beyond_the_last_bound_there_is_no_quantile() {
        for comparison in ["> 10", "> 12", ">= 12"] {
            let told = of(comparison);
            assert!(told[0].starts_with("quantile-edge error"), "{comparison}: {told:?}");
        }
        assert!(of(">= 10").is_empty());
    }
}
