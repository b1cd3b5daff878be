//! Which labels decide that two elements belong together, and what labels the
//! pair then has.

use crate::expression::{Binary, Cardinality, LabelChoice};
use crate::{Labels, METRIC_NAME};

impl LabelChoice {
    /// The labels by which elements match or group: never the metric name,
    /// unless it is asked for by name.
    pub(super) fn key(&self, labels: &Labels) -> Labels {
        match self {
            Self::Only(names) => labels.filtered(|name| names.iter().any(|n| n == name)),
            Self::AllBut(names) => {
                labels.filtered(|name| name != METRIC_NAME && !names.iter().any(|n| n == name))
            }
        }
    }
}

/// The labels of a matched pair; `many` is the side that may have several
/// (`resultMetric` in `promql/engine.go`).
pub(super) fn pair_labels(binary: &Binary, many: &Labels, one: &Labels) -> Labels {
    let drops_name = !binary.operator.is_comparison() || binary.returns_bool;
    let kept = if drops_name { many.without_name() } else { many.clone() };
    match &binary.cardinality {
        Cardinality::OneToOne => match &binary.matching {
            LabelChoice::Only(names) => kept.filtered(|name| names.iter().any(|n| n == name)),
            LabelChoice::AllBut(names) => kept.filtered(|name| names.iter().all(|n| n != name)),
        },
        Cardinality::ManyToOne(included) | Cardinality::OneToMany(included) => included
            .iter()
            .fold(kept, |labels, name| labels.with(name, one.get(name).unwrap_or_default())),
    }
}
