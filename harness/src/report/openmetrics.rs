//! Everything that was observed as one OpenMetrics text with timestamps: the series of each
//! scenario, told apart by the label `scenario`.
//!
//! `promtool tsdb create-blocks-from openmetrics` loads it into a Prometheus. Ends of series
//! and the record of the scrapes are no part of it; a saved run has those.

use std::io;

use slogate_promql::{Labels, is_stale};

use crate::series::{FamilyKind, FamilyMetadata, SeriesStore, write_openmetrics};

/// The label that tells scenarios apart.
const SCENARIO: &str = "scenario";
/// What stands before a label of the target's own that is called like one of ours, as in
/// Prometheus.
const EXPORTED: &str = "exported_";

/// The series of scenarios, each with its name.
pub fn openmetrics(scenarios: &[(&str, &SeriesStore)]) -> io::Result<Vec<u8>> {
    let mut whole = SeriesStore::default();
    for (name, store) in scenarios {
        describe(store, &mut whole);
        for series in store.iter() {
            let labels = labelled(series.labels, name);
            for sample in series.samples.iter().filter(|sample| !is_stale(sample.value)) {
                whole.append(&labels, sample.t_ms, sample.value);
            }
        }
    }
    let mut text = Vec::new();
    write_openmetrics(&whole, &mut text)?;
    Ok(text)
}

/// What is known of each family. One that is something else in another scenario is nothing
/// for sure.
fn describe(store: &SeriesStore, whole: &mut SeriesStore) {
    for (name, kind) in store.families() {
        let Some(metadata) = store.metadata(name) else { continue };
        match whole.kind(name) {
            Some(other) if other != kind => whole.describe(name, unknown(metadata)),
            Some(_) => {}
            None => whole.describe(name, metadata.clone()),
        }
    }
}

fn unknown(metadata: &FamilyMetadata) -> FamilyMetadata {
    FamilyMetadata { kind: FamilyKind::Unknown, ..metadata.clone() }
}

fn labelled(labels: &Labels, scenario: &str) -> Labels {
    match labels.get(SCENARIO) {
        Some(own) if own == scenario => labels.clone(),
        Some(_) => {
            let is_taken = |name: &str| labels.get(name).is_some();
            let mut free = format!("{EXPORTED}{SCENARIO}");
            while is_taken(&free) {
                free.insert_str(0, EXPORTED);
            }
            let renamed = labels.iter().map(|(name, value)| {
                let name = if name == SCENARIO { free.as_str() } else { name };
                (name, value)
            });
            Labels::new(renamed).with(SCENARIO, scenario)
        }
        None => labels.with(SCENARIO, scenario),
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::METRIC_NAME;

    use super::*;

    fn store(kind: FamilyKind, labels: &[(&str, &str)]) -> SeriesStore {
        let mut store = SeriesStore::default();
        store.declare("a_total", kind);
        let name = [(METRIC_NAME, "a_total")];
        let labels = Labels::new(name.into_iter().chain(labels.iter().copied()));
        store.append(&labels, 1_000, 1.0);
        store.end(&labels, 2_000);
        store
    }

    fn text(scenarios: &[(&str, &SeriesStore)]) -> String {
        String::from_utf8(openmetrics(scenarios).unwrap()).unwrap()
    }

    #[test]
    fn scenarios_are_told_apart_by_a_label() {
        let (one, other) = (store(FamilyKind::Counter, &[]), store(FamilyKind::Counter, &[]));
        let expected = "# TYPE a counter\na_total{scenario=\"1k\"} 1.0 1.000\n\
                        a_total{scenario=\"5k\"} 1.0 1.000\n# EOF\n";
        assert_eq!(text(&[("1k", &one), ("5k", &other)]), expected);
    }

    #[test]
    fn a_label_of_the_targets_own_is_kept_under_another_name() {
        let store = store(FamilyKind::Counter, &[("scenario", "x"), ("exported_scenario", "y")]);
        let text = text(&[("1k", &store)]);
        assert!(text.contains("exported_exported_scenario=\"x\""), "{text}");
        assert!(text.contains("{exported_exported") && text.contains(",exported_scenario=\"y\""));
        assert!(text.contains("scenario=\"1k\"}"), "{text}");
    }

    #[test]
    fn a_family_that_is_two_things_is_unknown() {
        let (one, other) = (store(FamilyKind::Counter, &[]), store(FamilyKind::Gauge, &[]));
        let text = text(&[("1k", &one), ("5k", &other)]);
        assert!(text.contains("# TYPE a_total unknown"), "{text}");
        assert_eq!(text.matches("# TYPE").count(), 1, "{text}");
    }
}
