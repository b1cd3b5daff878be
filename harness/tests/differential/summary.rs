//! What a run of generated queries came to, family by family.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::compare::Answer;
use super::grammar::Family;

/// Counts of one family.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    queries: usize,
    samples: usize,
    empty: usize,
    refused: usize,
}

/// What came of queries.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    families: BTreeMap<Family, Counts>,
    newer_refusals: usize,
    /// Evaluations beside whose value both said the same.
    pub(crate) annotated: usize,
    /// Queries that a fresh server answered otherwise than one that had answered many.
    pub(crate) unsteady: usize,
    pub(crate) differences: Vec<String>,
}

impl Summary {
    pub(crate) fn count(&mut self, family: Family, theirs: &Answer, is_same: bool) {
        let counts = self.families.entry(family).or_default();
        counts.queries += 1;
        match theirs {
            Answer::Refused(_) => counts.refused += 1,
            answer if answer.samples() == 0 => counts.empty += 1,
            answer if is_same => counts.samples += answer.samples(),
            _ => {}
        }
    }

    /// Ours refused what only newer versions of Prometheus refuse.
    pub(crate) fn count_newer_refusal(&mut self) {
        self.newer_refusals += 1;
    }

    pub(crate) fn differ(&mut self, difference: String) {
        self.differences.push(difference);
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (family, counts) in other.families {
            let sum = self.families.entry(family).or_default();
            sum.queries += counts.queries;
            sum.samples += counts.samples;
            sum.empty += counts.empty;
            sum.refused += counts.refused;
        }
        self.annotated += other.annotated;
        self.unsteady += other.unsteady;
        self.newer_refusals += other.newer_refusals;
        self.differences.extend(other.differences);
    }

    fn total(&self) -> Counts {
        self.families.values().fold(Counts::default(), |sum, one| Counts {
            queries: sum.queries + one.queries,
            samples: sum.samples + one.samples,
            empty: sum.empty + one.empty,
            refused: sum.refused + one.refused,
        })
    }

    /// Whether so much was compared that agreement means something: of each family something,
    /// and not mostly nothing and refusals.
    pub(crate) fn says_something(&self) -> bool {
        let total = self.total();
        self.families.values().all(|one| one.samples > 0)
            && (total.empty + total.refused) * 2 < total.queries
    }

    /// A Markdown table.
    pub(crate) fn table(&self) -> String {
        let mut table = "| what stands at the top | evaluations | samples compared | empty in both | refused by both |\n\
                         |---|---|---|---|---|\n"
            .to_owned();
        let rows = self.families.iter().map(|(family, counts)| (family.title(), *counts));
        for (title, counts) in rows.chain([("all", self.total())]) {
            let Counts { queries, samples, empty, refused } = counts;
            let _ = writeln!(table, "| {title} | {queries} | {samples} | {empty} | {refused} |");
        }
        if self.annotated > 0 {
            let annotated = self.annotated;
            let _ = writeln!(
                table,
                "\nBeside {annotated} of the values both give the same warnings or infos."
            );
        }
        let newer = self.newer_refusals;
        if newer > 0 {
            let _ = writeln!(
                table,
                "\nNot counted: {newer} that only newer versions refuse (several elements match one, and the comparison \
                 between them filters all but one away)."
            );
        }
        table
    }
}
