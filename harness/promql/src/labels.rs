//! Label sets: sorted, cheap to clone, comparable.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::metric::parse_metric;

/// The label that carries a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// Labels that describe the metric (`IsMetadataLabel` in `schema/labels.go`).
const METRIC_LABELS: [&str; 3] = [METRIC_NAME, "__type__", "__unit__"];

/// A label's name and value.
type Pair = (Arc<str>, Arc<str>);

/// A set of label names and values, sorted by name. An empty value is the same
/// as an absent label, so it is never stored; of annotations it is ([`Labels::annotations`]).
#[derive(Clone, Default)]
pub struct Labels(Arc<[Pair]>);

impl Labels {
    /// Builds a label set; pairs with an empty value are left out, and the last
    /// of several pairs with the same name wins.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self::drained(&mut shared(pairs))
    }

    /// The same out of pairs that are ready; the emptied vector can be filled again.
    pub fn drained(pairs: &mut Vec<Pair>) -> Self {
        keep_last_of_each_name(pairs);
        pairs.retain(|(_, value)| !value.is_empty());
        Self(pairs.drain(..).collect())
    }

    /// Builds a set of annotations, which may be empty: what is there and says nothing is not
    /// what is not there. The last of several pairs with the same name wins.
    pub fn annotations<N: Into<Arc<str>>, V: Into<Arc<str>>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut pairs = shared(pairs);
        keep_last_of_each_name(&mut pairs);
        Self(pairs.into())
    }

    /// Reads one series as people write it: `name{a="1"}`, `{a="1"}`, `{"name", a="1"}`;
    /// an empty text is the empty set. The error is a sentence about what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse_metric(text)
    }

    /// The value of a label, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(candidate, _)| (**candidate).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// The metric name, if there is one.
    pub fn metric_name(&self) -> Option<&str> {
        self.get(METRIC_NAME)
    }

    /// All pairs, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Whether both are one and the same set in memory: then they are equal, which the others
    /// may be as well.
    pub(crate) fn is_identical(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The number of labels, the metric name included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no label at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy in which `name` has `value`; an empty value removes the label.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let added = (Arc::<str>::from(name), Arc::<str>::from(value));
        Self::new(self.0.iter().cloned().chain([added]))
    }

    /// A copy without what describes the metric and not the series: the name, and
    /// the type and unit that Prometheus 3 can keep as labels. What an operation
    /// changes is no longer that metric.
    #[must_use]
    pub fn without_name(&self) -> Self {
        if self.0.iter().any(|(name, _)| METRIC_LABELS.contains(&&**name)) {
            self.filtered(|name| !METRIC_LABELS.contains(&name))
        } else {
            self.clone()
        }
    }

    /// A copy that holds only the labels for which `keep` is true.
    #[must_use]
    pub fn filtered(&self, mut keep: impl FnMut(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| keep(name)).cloned().collect())
    }
}

fn shared<N: Into<Arc<str>>, V: Into<Arc<str>>>(
    pairs: impl IntoIterator<Item = (N, V)>,
) -> Vec<Pair> {
    pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Sorts pairs by name.
fn keep_last_of_each_name(pairs: &mut Vec<Pair>) {
    if pairs.is_sorted_by(|left, right| left.0 < right.0) {
        return;
    }
    pairs.sort_by(|left, right| left.0.cmp(&right.0));
    pairs.dedup_by(|later, earlier| {
        let same_name = later.0 == earlier.0;
        if same_name {
            std::mem::swap(later, earlier);
        }
        same_name
    });
}

/// Label sets of one scrape share most of their texts: what is the same memory need not
/// be read to be equal.
impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        let pairs = self.0.iter().zip(&*other.0);
        let of_pairs = pairs.map(|(left, right)| {
            compare_text(&left.0, &right.0).then_with(|| compare_text(&left.1, &right.1))
        });
        let first_difference = of_pairs.into_iter().find(|order| order.is_ne());
        first_difference.unwrap_or_else(|| self.len().cmp(&other.len()))
    }
}

fn compare_text(left: &Arc<str>, right: &Arc<str>) -> Ordering {
    if Arc::ptr_eq(left, right) { Ordering::Equal } else { left.cmp(right) }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.cmp(other).is_eq()
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Prometheus' own notation: `name{a="1", b="2"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.metric_name().unwrap_or_default();
        f.write_str(name)?;
        let mut pairs = self.iter().filter(|(label, _)| *label != METRIC_NAME).peekable();
        if pairs.peek().is_none() {
            return if name.is_empty() { f.write_str("{}") } else { Ok(()) };
        }
        f.write_str("{")?;
        for (at, (label, value)) in pairs.enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{label}={value:?}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_as_prometheus_writes_it() {
        let labels = Labels::new([("b", "2"), (METRIC_NAME, "up"), ("a", "1"), ("empty", "")]);
        assert_eq!(labels.to_string(), r#"up{a="1", b="2"}"#);
        assert_eq!(Labels::new([(METRIC_NAME, "up")]).to_string(), "up");
        assert_eq!(Labels::default().to_string(), "{}");
    }

    #[test]
    fn an_empty_value_removes_a_label() {
        let labels = Labels::new([("a", "1"), ("b", "2")]).with("a", "");
        assert_eq!(labels, Labels::new([("b", "2")]));
    }

    #[test]
    fn the_last_pair_of_a_name_wins_even_if_it_is_empty() {
        let labels = Labels::new([("b", "1"), ("a", "1"), ("b", "2"), ("a", ""), ("b", "3")]);
        assert_eq!(labels, Labels::new([("b", "3")]));
    }

    #[test]
    fn the_order_is_that_of_the_texts_whether_they_are_shared_or_not() {
        let pairs: [&[(&str, &str)]; 5] =
            [&[], &[("a", "1")], &[("a", "1"), ("b", "0")], &[("a", "2")], &[("b", "0")]];
        let shared = pairs.map(|pairs| Labels::new(pairs.iter().copied()));
        let apart = pairs.map(|pairs| Labels::new(pairs.iter().copied()));
        for left in 0..pairs.len() {
            for right in 0..pairs.len() {
                assert_eq!(shared[left].cmp(&apart[right]), left.cmp(&right));
                assert_eq!(shared[left].cmp(&shared[right]), left.cmp(&right));
                assert_eq!(shared[left] == apart[right], left == right);
            }
        }
        let with_the_same_value = shared[1].with("b", "");
        assert_eq!(with_the_same_value, shared[1]);
    }
}
