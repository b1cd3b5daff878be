//! What an evaluation says beside its value, as Prometheus 3 does: that an argument is out of
//! range, that a metric is not named like a counter, that values were left out.
//!
//! Texts are those of `util/annotations/annotations.go`, without the place in the expression
//! that Prometheus adds: the tree has no places.

use std::collections::BTreeSet;
use std::fmt;

use crate::number::format_general;

/// How much an annotation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnnotationLevel {
    /// The result is most likely not what was meant.
    Warning,
    /// Something that may be as it should.
    Info,
}

/// One thing that an evaluation says beside its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    /// How much it matters.
    pub level: AnnotationLevel,
    /// A sentence about it.
    pub text: String,
}

/// As many of one level are said, as Prometheus' API says them.
const MOST_OF_A_LEVEL: usize = 10;

/// What was said so far, each once.
#[derive(Debug, Default)]
pub(crate) struct Annotations {
    said: BTreeSet<Annotation>,
    /// Whether more warnings, and more infos, were left out.
    left_out: [bool; 2],
}

impl Annotations {
    pub(crate) fn add(&mut self, annotation: Annotation) {
        let of_level = |one: &&Annotation| one.level == annotation.level;
        if self.said.contains(&annotation) {
            return;
        }
        if self.said.iter().filter(of_level).count() >= MOST_OF_A_LEVEL {
            self.left_out[annotation.level as usize] = true;
        } else {
            self.said.insert(annotation);
        }
    }

    /// Warnings first; that there are more stands behind each level.
    pub(crate) fn into_all(self) -> Vec<Annotation> {
        let Self { said, left_out } = self;
        let more = |level: AnnotationLevel| {
            let text = "more annotations of this kind are left out".to_owned();
            left_out[level as usize].then_some(Annotation { level, text })
        };
        let [warnings, infos] = [AnnotationLevel::Warning, AnnotationLevel::Info].map(more);
        let first_info = said.iter().filter(|one| one.level == AnnotationLevel::Warning).count();
        let mut all: Vec<_> = said.into_iter().chain(infos).collect();
        all.splice(first_info..first_info, warnings);
        all
    }
}

/// What is said of resets is said only of what `histogram_count` and its relatives are of.
const CONFLICTING_RESETS: &str = "conflicting counter resets during histogram aggregation";

/// As Prometheus writes it: `PromQL warning: …`.
impl fmt::Display for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            AnnotationLevel::Warning => "warning",
            AnnotationLevel::Info => "info",
        };
        write!(f, "PromQL {level}: {}", self.text)
    }
}

impl Annotation {
    fn warning(text: impl Into<String>) -> Self {
        Self { level: AnnotationLevel::Warning, text: text.into() }
    }

    fn info(text: impl Into<String>) -> Self {
        Self { level: AnnotationLevel::Info, text: text.into() }
    }

    /// A quantile that is none; `None` for one that is.
    pub(crate) fn invalid_quantile(quantile: f64) -> Option<Self> {
        let got = format_general(quantile);
        (!(0.0..=1.0).contains(&quantile))
            .then(|| Self::warning(format!("quantile value should be between 0 and 1, got {got}")))
    }

    /// A share beyond all or beyond all from the other end; `None` for one within.
    pub(crate) fn invalid_ratio(ratio: f64) -> Option<Self> {
        let (got, to) = (format_general(ratio), format_general(ratio.clamp(-1.0, 1.0)));
        (ratio.abs() > 1.0).then(|| {
            Self::warning(format!(
                "ratio value should be between -1 and 1, got {got}, capping to {to}"
            ))
        })
    }

    pub(crate) fn bad_bucket_label(label: &str, metric: &str) -> Self {
        let text = format!("bucket label \"le\" is missing or has a malformed value of {label:?}");
        Self::warning(for_metric(&text, metric))
    }

    pub(crate) fn classic_and_native(metric: &str) -> Self {
        Self::warning(for_metric("vector contains a mix of classic and native histograms", metric))
    }

    pub(crate) fn numbers_and_histograms(metric: &str) -> Self {
        Self::warning(format!(
            "encountered a mix of histograms and floats for metric name {metric:?}"
        ))
    }

    pub(crate) fn numbers_and_histograms_aggregated() -> Self {
        Self::warning("encountered a mix of histograms and floats for aggregation")
    }

    pub(crate) fn exponential_and_listed(metric: &str) -> Self {
        Self::warning(format!(
            "vector contains a mix of histograms with exponential and custom buckets schemas for \
             metric name {metric:?}"
        ))
    }

    pub(crate) fn not_a_counter(metric: &str) -> Self {
        Self::warning(format!("this native histogram metric is not a counter: {metric:?}"))
    }

    pub(crate) fn not_a_gauge(metric: &str) -> Self {
        Self::warning(format!("this native histogram metric is not a gauge: {metric:?}"))
    }

    pub(crate) fn incompatible_layouts(operator: &str) -> Self {
        Self::warning(format!(
            "incompatible bucket layout encountered for binary operator {operator}"
        ))
    }

    pub(crate) fn conflicting_resets() -> Self {
        Self::warning(CONFLICTING_RESETS)
    }

    pub(crate) fn is_of_resets(&self) -> bool {
        self.text == CONFLICTING_RESETS
    }

    pub(crate) fn order_without_effect() -> Self {
        Self::warning(
            "sort is ineffective for range queries since results are always ordered by labels",
        )
    }

    pub(crate) fn not_named_like_a_counter(metric: &str) -> Self {
        Self::info(format!(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \
             {metric:?}"
        ))
    }

    pub(crate) fn counts_that_fell(metric: &str) -> Self {
        let text = "input to histogram_quantile needed to be fixed for monotonicity (see \
            https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
        Self::info(for_metric(text, metric))
    }

    pub(crate) fn incompatible_types([left, right]: [&str; 2], operator: &str) -> Self {
        Self::info(format!(
            "incompatible sample types encountered for binary operator {operator:?}: {left} \
             {operator} {right}"
        ))
    }

    /// `operation` is `addition`, `subtraction` or `aggregation`.
    pub(crate) fn bounds_reconciled(operation: &str) -> Self {
        Self::info(format!("mismatched custom buckets were reconciled during {operation}"))
    }

    pub(crate) fn quantile_beside_not_a_number(is_number: bool, metric: &str) -> Self {
        let result = if is_number { "skewed higher" } else { "NaN" };
        let text = format!("input to histogram_quantile has NaN observations, result is {result}");
        Self::info(for_metric(&text, metric))
    }

    pub(crate) fn fraction_beside_not_a_number(metric: &str) -> Self {
        let text = "input to histogram_fraction has NaN observations, which are excluded from all \
            fractions";
        Self::info(for_metric(text, metric))
    }

    pub(crate) fn histogram_left_out_of_aggregation(aggregation: &str) -> Self {
        Self::info(format!("ignored histogram in {aggregation} aggregation"))
    }

    pub(crate) fn histograms_left_out_of_range(metric: &str) -> Self {
        Self::info(format!(
            "ignored histograms in a range containing both floats and histograms for metric name \
             {metric:?}"
        ))
    }
}

fn for_metric(text: &str, metric: &str) -> String {
    if metric.is_empty() { text.to_owned() } else { format!("{text} for metric name {metric:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_ones_are_said_and_that_there_are_more() {
        let mut annotations = Annotations::default();
        annotations.add(Annotation::info("i"));
        for number in (0..30).chain(0..30) {
            annotations.add(Annotation::warning(format!("{number:02}")));
        }
        let texts: Vec<_> = annotations.into_all().into_iter().map(|one| one.text).collect();
        assert_eq!(texts.len(), MOST_OF_A_LEVEL + 2);
        assert_eq!([&*texts[0], &*texts[9], &*texts[11]], ["00", "09", "i"]);
        assert!(texts[10].contains("left out"), "{texts:?}");
    }
}
