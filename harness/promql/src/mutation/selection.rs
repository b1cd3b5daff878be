//! Changed selections: a range half and twice as long, a matcher or an offset left out.
//!
//! A matcher that may be left out says that no test has a series beside those that are meant.

use super::changes::{Change, replaced, shown};
use crate::Expression;
use crate::expression::{InstantSelector, Kind, RangeSelector, Subquery, TimeShift};
use crate::matcher::Selector;

pub(super) fn of_instant(instant: &InstantSelector) -> Vec<Change> {
    let whole = |instant: InstantSelector| Expression { kind: Kind::Selector(instant) };
    let before = shown(&whole(instant.clone()));
    let changed = changed_instants(instant).into_iter();
    changed.map(|instant| replaced(before.clone(), whole(instant))).collect()
}

pub(super) fn of_range(range: &RangeSelector) -> Vec<Change> {
    let whole = |range: RangeSelector| Expression { kind: Kind::Range(range) };
    let before = shown(&whole(range.clone()));
    let lengths = changed_lengths(range.range_ms).into_iter();
    let lengths = lengths.map(|range_ms| RangeSelector { range_ms, ..range.clone() });
    let instants = changed_instants(&range.instant).into_iter();
    let instants = instants.map(|instant| RangeSelector { instant, ..range.clone() });
    lengths.chain(instants).map(|range| replaced(before.clone(), whole(range))).collect()
}

pub(super) fn of_subquery(subquery: &Subquery) -> Vec<Change> {
    let whole = |subquery: Subquery| Expression { kind: Kind::Subquery(Box::new(subquery)) };
    let before = shown(&whole(subquery.clone()));
    let lengths = changed_lengths(subquery.range_ms).into_iter();
    let lengths = lengths.map(|range_ms| Subquery { range_ms, ..subquery.clone() });
    lengths.map(|subquery| replaced(before.clone(), whole(subquery))).collect()
}

fn changed_lengths(range_ms: i64) -> Vec<i64> {
    let lengths = [range_ms / 2, range_ms.saturating_mul(2)];
    lengths.into_iter().filter(|length| *length > 0 && *length != range_ms).collect()
}

fn changed_instants(instant: &InstantSelector) -> Vec<InstantSelector> {
    let matchers = instant.selector.matchers();
    // Something must be left to select by.
    let least = usize::from(instant.selector.metric_name().is_none());
    let removable = if matchers.len() > least { matchers.len() } else { 0 };
    let mut found: Vec<InstantSelector> = (0..removable)
        .map(|at| {
            let kept = matchers.iter().enumerate().filter(|(other, _)| *other != at);
            let kept = kept.map(|(_, matcher)| matcher.clone()).collect();
            let name = instant.selector.metric_name().map(str::to_owned);
            InstantSelector { selector: Selector::new(name, kept), ..instant.clone() }
        })
        .collect();
    if instant.time.offset_ms != 0 {
        let time = TimeShift { offset_ms: 0, ..instant.time };
        found.push(InstantSelector { time, ..instant.clone() });
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::Expression;
    use crate::mutation::changes::of;

    fn changed(text: &str) -> Vec<String> {
        let changes = of(&Expression::parse(text).unwrap());
        changes.into_iter().map(|change| change.after).collect()
    }

    #[test]
    fn ranges_get_shorter_and_longer() {
        assert_eq!(changed("rate(a[5m])"), ["a[2m30s]", "a[10m]"]);
        assert_eq!(changed("max_over_time(a[1h:1m])"), ["a[30m:1m]", "a[2h:1m]"]);
    }

    #[test]
    fn matchers_and_offsets_are_left_out_one_at_a_time() {
        assert_eq!(changed("a{b=\"c\",d!=\"e\"}"), ["a{d!=\"e\"}", "a{b=\"c\"}"]);
        assert_eq!(changed("a offset 5m"), ["a"]);
        assert!(changed("{b=\"c\"}").is_empty(), "something must be left");
    }
}
