//! What a target exports, for checks of rules: from a recorded run or one exposition.

use slogate_promql::METRIC_NAME;
use slogate_promql::lint::{Exported, MetricType};

use crate::exposition::{Exposition, FamilyKind};
use crate::series::SeriesStore;

/// Series of the load generator itself, which no target exports.
const OF_THE_GENERATOR: &str = "slogate_";

/// What was scraped in a run.
pub fn exported_in<'s>(stores: impl IntoIterator<Item = &'s SeriesStore>) -> Exported {
    let mut exported = Exported::default();
    for store in stores {
        for (family, kind) in store.families() {
            declare(&mut exported, family, kind);
        }
        for series in store.iter() {
            let name = series.labels.get(METRIC_NAME).unwrap_or_default();
            if !name.starts_with(OF_THE_GENERATOR) {
                exported.add(series.labels);
            }
        }
    }
    exported
}

/// What one exposition says.
pub fn exported_by(exposition: &Exposition) -> Exported {
    let mut exported = Exported::default();
    for family in &exposition.families {
        declare(&mut exported, &family.name, family.kind);
    }
    for sample in &exposition.samples {
        exported.add(&sample.labels);
    }
    exported
}

/// Notes the types of all samples that a family may have. The text format calls a counter by
/// the name of its samples, and OpenMetrics without `_total`.
fn declare(exported: &mut Exported, family: &str, kind: FamilyKind) {
    match kind {
        FamilyKind::Unknown => return,
        FamilyKind::Counter => exported.declare(family, MetricType::Counter),
        // A sample of this name is a native histogram, of which nothing is said.
        FamilyKind::Histogram => {}
        _ => exported.declare(family, MetricType::Gauge),
    }
    for suffix in kind.suffixes() {
        let grows =
            matches!(kind, FamilyKind::Counter | FamilyKind::Histogram | FamilyKind::Summary)
                && *suffix != "_created";
        let of_sample = if grows { MetricType::Counter } else { MetricType::Gauge };
        exported.declare(&format!("{family}{suffix}"), of_sample);
    }
}
