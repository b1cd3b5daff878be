//! Label sets that share their texts.
//!
//! Names and most values come up again and again on a page, mostly at the same place of
//! the next line; there no table is asked for them.

use std::collections::HashSet;
use std::sync::Arc;

use slogate_promql::{Labels, METRIC_NAME};

use super::braces::LabelPair;

/// The label sets of one page.
#[derive(Debug, Default)]
pub(super) struct Interner {
    texts: Texts,
    /// The pairs of the last line, in its order.
    line: Vec<(Arc<str>, Arc<str>)>,
    /// Where they are sorted.
    pairs: Vec<(Arc<str>, Arc<str>)>,
}

impl Interner {
    /// The label set of a metric's name and its labels, in any order.
    pub(super) fn labels(&mut self, metric_name: &str, labels: &[LabelPair<'_>]) -> Labels {
        self.line.truncate(labels.len() + 1);
        self.set(0, METRIC_NAME, metric_name);
        for (index, pair) in labels.iter().enumerate() {
            self.set(index + 1, &pair.name, &pair.value);
        }
        self.pairs.clone_from(&self.line);
        Labels::drained(&mut self.pairs)
    }

    fn set(&mut self, index: usize, name: &str, value: &str) {
        let Self { texts, line, .. } = self;
        match line.get_mut(index) {
            Some((name_before, value_before)) => {
                texts.set(name_before, name);
                texts.set(value_before, value);
            }
            None => line.push((texts.get(name), texts.get(value))),
        }
    }
}

/// Texts, each kept once.
#[derive(Debug, Default)]
struct Texts(HashSet<Arc<str>>);

impl Texts {
    fn set(&mut self, shared: &mut Arc<str>, text: &str) {
        if **shared != *text {
            *shared = self.get(text);
        }
    }

    fn get(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        self.0.insert(Arc::clone(&shared));
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair<'a>(name: &'a str, value: &'a str) -> LabelPair<'a> {
        LabelPair { at: 0, name: name.into(), value: value.into() }
    }

    #[test]
    fn each_line_has_its_own_labels_whatever_the_line_before_had() {
        let mut interner = Interner::default();
        let lines: [&[(&str, &str)]; 6] = [
            &[("b", "1"), ("a", "2")],
            &[("b", "1"), ("a", "3")],
            &[("a", "3"), ("b", "1")],
            &[],
            &[("b", ""), ("a", "2")],
            &[("b", "1")],
        ];
        for (name, line) in ["x", "x", "y", "x", "x", "a"].into_iter().zip(lines) {
            let pairs: Vec<_> = line.iter().map(|(name, value)| pair(name, value)).collect();
            let expected = [(METRIC_NAME, name)].into_iter().chain(line.iter().copied());
            assert_eq!(interner.labels(name, &pairs), Labels::new(expected));
        }
    }
}
