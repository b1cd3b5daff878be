//! The orders that PromQL knows for values.

use std::cmp::Ordering;

/// Ascending, with NaN before everything (`quantile`, `sort`).
pub(crate) fn ascending_nan_first(a: f64, b: f64) -> Ordering {
    match (a.is_nan(), b.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
    }
}
