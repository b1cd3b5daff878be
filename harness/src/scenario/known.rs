//! Metric names and labels against what the target is known to have.
//!
//! The list comes from the caller: nothing here knows any particular service. A
//! name that is not in it is a warning, because the target may be newer than the
//! list; after the run such an objective is inconclusive.

use std::collections::{BTreeMap, BTreeSet};

use slogate_promql::{LabelUse, MatchOperator, Matcher, Selector};

use super::codes;
use super::context::Context;
use super::fields::closest;
use super::finding::Finding;
use super::promql;
use super::tree::Node;
use crate::series::{FamilyKind, SCRAPE_LABELS, SCRAPE_SERIES};

/// A metric family that a target has.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownFamily {
    /// The family's name, without `_bucket`, `_sum` and `_count`.
    pub name: String,
    /// What it is.
    pub kind: FamilyKind,
    /// Its label names, without `le`.
    pub labels: Vec<String>,
    /// The highest finite bucket bound of a histogram, in the metric's own unit.
    pub highest_bound: Option<f64>,
}

/// What a target is known to have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownMetrics {
    by_sample_name: BTreeMap<String, KnownSample>,
}

#[derive(Clone, Debug, PartialEq)]
struct KnownSample {
    labels: Vec<String>,
    highest_bound: Option<f64>,
}

/// Series that the load generator adds.
const OWN_PREFIX: &str = "slogate_";

impl KnownMetrics {
    /// The samples that these families consist of, and what every scrape adds.
    pub fn new(families: impl IntoIterator<Item = KnownFamily>) -> Self {
        let mut known = Self::default();
        for name in SCRAPE_SERIES {
            known.add(name, "", &[], None);
        }
        for family in families {
            for (suffix, own_label) in samples_of(family.kind) {
                let labels: Vec<_> =
                    family.labels.iter().cloned().chain(own_label.map(str::to_owned)).collect();
                let bound = family.highest_bound.filter(|_| *own_label == Some("le"));
                known.add(&family.name, suffix, &labels, bound);
            }
        }
        known
    }

    fn add(&mut self, family: &str, suffix: &str, labels: &[String], highest_bound: Option<f64>) {
        let sample = KnownSample { labels: labels.to_vec(), highest_bound };
        self.by_sample_name.insert(format!("{family}{suffix}"), sample);
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.by_sample_name.keys().map(String::as_str)
    }

    fn knows(&self, name: &str) -> bool {
        name.starts_with(OWN_PREFIX) || self.by_sample_name.contains_key(name)
    }

    /// Warns about names and labels in the text of `node` that are not known.
    pub(super) fn warn_about(&self, text: &str, node: &Node, cx: &mut Context) {
        for selector in promql::selectors(text) {
            for finding in self.findings(&selector, text) {
                finding.warn(node, cx);
            }
        }
        for named in promql::label_uses(text) {
            if let Some(finding) = self.unknown_grouping(&named, text) {
                finding.warn(node, cx);
            }
        }
    }

    /// The highest finite bound of the buckets that a `histogram_quantile` at the
    /// top of the text reads; the lowest of them where there are several.
    pub(super) fn highest_judged_bound(&self, text: &str) -> Option<f64> {
        promql::judged_buckets(text)
            .iter()
            .filter_map(|selector| self.by_sample_name.get(selector.metric_name()?)?.highest_bound)
            .min_by(f64::total_cmp)
    }

    fn findings(&self, selector: &Selector, text: &str) -> Vec<Finding> {
        let Some(name) = selector.metric_name() else {
            return self.findings_of_name_matchers(selector, text);
        };
        if !self.knows(name) {
            return vec![self.unknown_name(name, text)];
        }
        let Some(sample) = self.by_sample_name.get(name) else {
            return Vec::new();
        };
        let is_known = |label: &str| {
            SCRAPE_LABELS.contains(&label) || sample.labels.iter().any(|known| known == label)
        };
        let unknown = selector.matchers().iter().filter(|matcher| !is_known(matcher.name()));
        unknown.map(|matcher| unknown_label(matcher.name(), name, sample, text)).collect()
    }

    /// A label to group by that no sample under it is known to have, where all are known.
    fn unknown_grouping(&self, named: &LabelUse, text: &str) -> Option<Finding> {
        if named.is_dropped {
            return Some(dropped_label(named, text));
        }
        let sample = |selector: &Selector| self.by_sample_name.get(selector.metric_name()?);
        let samples: Vec<&KnownSample> = named.of.iter().map(sample).collect::<Option<_>>()?;
        let known: BTreeSet<&str> =
            samples.iter().flat_map(|one| &one.labels).map(String::as_str).collect();
        let label = named.label.as_str();
        let is_known = SCRAPE_LABELS.contains(&label) || label == slogate_promql::METRIC_NAME;
        if is_known || known.contains(label) || samples.is_empty() {
            return None;
        }
        let (at, length) = place_of(label, text);
        let message = format!(
            "nothing under `{} ({label})` is known to have the label `{label}`",
            named.clause
        );
        let finding = Finding::new(codes::UNKNOWN_METRIC, at, length, message);
        Some(match closest(label, known) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding.help("without the label the objective is inconclusive"),
        })
    }

    /// `{__name__=~"a|b"}`: each alternative that is a plain name.
    fn findings_of_name_matchers(&self, selector: &Selector, text: &str) -> Vec<Finding> {
        let of_names = |matcher: &&Matcher| {
            matcher.name() == slogate_promql::METRIC_NAME
                && matches!(matcher.operator(), MatchOperator::Matches | MatchOperator::Equal)
        };
        let alternatives = selector.matchers().iter().filter(of_names);
        let names = alternatives.flat_map(|matcher| matcher.value().split('|'));
        names
            .filter(|name| is_plain_name(name) && !self.knows(name))
            .map(|name| self.unknown_name(name, text))
            .collect()
    }

    fn unknown_name(&self, name: &str, text: &str) -> Finding {
        let (at, length) = place_of(name, text);
        let finding = Finding::new(
            codes::UNKNOWN_METRIC,
            at,
            length,
            format!("the target is not known to have `{name}`"),
        );
        finding.help(match closest(name, self.names()) {
            Some(meant) => {
                format!("did you mean `{meant}`? Without the series the objective is inconclusive")
            }
            None => "without the series the objective is inconclusive".to_owned(),
        })
    }
}

/// The suffixes of a family's samples, each with the label that comes with it.
fn samples_of(kind: FamilyKind) -> &'static [(&'static str, Option<&'static str>)] {
    match kind {
        FamilyKind::Histogram => &[("_bucket", Some("le")), ("_sum", None), ("_count", None)],
        FamilyKind::GaugeHistogram => {
            &[("_bucket", Some("le")), ("_gsum", None), ("_gcount", None)]
        }
        FamilyKind::Summary => &[("", Some("quantile")), ("_sum", None), ("_count", None)],
        FamilyKind::Info => &[("_info", None), ("", None)],
        _ => &[("", None)],
    }
}

fn is_plain_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':'))
}

/// Where a word first stands in an expression: its offset and length, bytes.
fn place_of(word: &str, text: &str) -> (usize, usize) {
    promql::find_word(text, word).unwrap_or((0, text.len()))
}

fn dropped_label(named: &LabelUse, text: &str) -> Finding {
    let (at, length) = place_of(&named.label, text);
    let message = format!(
        "nothing under `{} ({label})` has the label `{label}` any more",
        named.clause,
        label = named.label
    );
    Finding::new(codes::UNKNOWN_METRIC, at, length, message)
        .help("name it in the aggregation inside, which drops it")
}

fn unknown_label(label: &str, metric: &str, sample: &KnownSample, text: &str) -> Finding {
    let (at, length) = place_of(label, text);
    let finding = Finding::new(
        codes::UNKNOWN_METRIC,
        at,
        length,
        format!("`{metric}` is not known to have the label `{label}`"),
    );
    let known = sample.labels.join(", ");
    finding.help(match closest(label, sample.labels.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "it has no labels".to_owned(),
        None => format!("it has the labels {known}"),
    })
}
