//! What the API knows about metrics, for the families of the store.
//!
//! Its list is of all its targets together. Where they disagree about a metric, its kind
//! is not known, and the rules for metrics that nobody declared apply.

use std::collections::{BTreeMap, BTreeSet};

use slogate_promql::Labels;

use super::answer::MetadataRow;
use crate::exposition::FamilyKind;
use crate::series::FamilyMetadata;

/// The families of these series, under the names that the text format gives them.
pub(super) fn families<'a>(
    metadata: &BTreeMap<String, Vec<MetadataRow>>,
    series: impl Iterator<Item = &'a Labels>,
) -> BTreeMap<String, FamilyMetadata> {
    let names: BTreeSet<&str> = series.filter_map(Labels::metric_name).collect();
    let of_name = |(name, rows): (&String, &Vec<MetadataRow>)| {
        let known = agreed(rows)?;
        let stored = stored_name(name, known.kind, &names)?;
        Some((stored, known))
    };
    metadata.iter().filter_map(of_name).collect()
}

/// What all targets say alike.
fn agreed(rows: &[MetadataRow]) -> Option<FamilyMetadata> {
    let first = rows.first()?;
    let kind = kind_of(&first.kind)?;
    let all_agree = rows.iter().all(|row| row.kind == first.kind);
    all_agree.then(|| FamilyMetadata { kind, help: first.help.clone(), unit: first.unit.clone() })
}

fn kind_of(word: &str) -> Option<FamilyKind> {
    const KINDS: [FamilyKind; 7] = [
        FamilyKind::Counter,
        FamilyKind::Gauge,
        FamilyKind::Histogram,
        FamilyKind::GaugeHistogram,
        FamilyKind::Summary,
        FamilyKind::Info,
        FamilyKind::StateSet,
    ];
    KINDS.into_iter().find(|kind| kind.as_str() == word)
}

/// The name that a family has in the store; `None` if none of its series is there. What
/// was scraped as `OpenMetrics` lists a counter without `_total`.
fn stored_name(name: &str, kind: FamilyKind, names: &BTreeSet<&str>) -> Option<String> {
    let total = format!("{name}_total");
    if kind == FamilyKind::Counter && !names.contains(name) && names.contains(total.as_str()) {
        return Some(total);
    }
    let mut series = kind.suffixes().iter().map(|suffix| format!("{name}{suffix}"));
    let is_there = names.contains(name) || series.any(|series| names.contains(series.as_str()));
    is_there.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use slogate_promql::METRIC_NAME;

    use super::*;

    fn known(json: &str, names: &[&str]) -> Vec<(String, FamilyKind)> {
        let metadata = serde_json::from_str(json).unwrap();
        let series: Vec<Labels> =
            names.iter().map(|name| Labels::new([(METRIC_NAME, *name)])).collect();
        let families = families(&metadata, series.iter());
        families.into_iter().map(|(name, family)| (name, family.kind)).collect()
    }

    #[test]
    fn families_are_those_of_the_series() {
        let json = r#"{"a_total":[{"type":"counter","help":"h","unit":""}],"other":[{"type":"gauge"}],"h":[{"type":"histogram"}]}"#;
        let expected =
            [("a_total".to_owned(), FamilyKind::Counter), ("h".to_owned(), FamilyKind::Histogram)];
        assert_eq!(known(json, &["a_total", "h_bucket"]), expected);
    }

    #[test]
    fn a_counter_listed_without_total_gets_it_back() {
        let json = r#"{"jobs":[{"type":"counter"}]}"#;
        assert_eq!(known(json, &["jobs_total"]), [("jobs_total".to_owned(), FamilyKind::Counter)]);
    }

    #[test]
    fn targets_that_disagree_declare_nothing() {
        let json = r#"{"a":[{"type":"counter"},{"type":"gauge"}],"b":[{"type":"unknown"}],"c":[]}"#;
        assert_eq!(known(json, &["a", "b", "c"]), []);
    }
}
