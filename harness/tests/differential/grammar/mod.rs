//! Random expressions from a grammar over all families of PromQL. What stands at the top of
//! an expression is its family; its operands are anything of the type that is needed.

mod calls;
mod histograms;
mod operators;
mod selectors;

use super::data::{END_MS, START_MS};
use super::dialect::Dialect;
use super::random::Random;

/// What stands at the top of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Selectors,
    Arithmetic,
    Comparisons,
    Sets,
    Aggregations,
    Counters,
    OverTime,
    Trends,
    Subqueries,
    Classic,
    Native,
    Numbers,
    Dates,
    LabelsAndOrder,
    Presence,
    Types,
}

impl Family {
    pub(crate) const ALL: [Self; 16] = [
        Self::Selectors,
        Self::Arithmetic,
        Self::Comparisons,
        Self::Sets,
        Self::Aggregations,
        Self::Counters,
        Self::OverTime,
        Self::Trends,
        Self::Subqueries,
        Self::Classic,
        Self::Native,
        Self::Numbers,
        Self::Dates,
        Self::LabelsAndOrder,
        Self::Presence,
        Self::Types,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Selectors => "selectors, matchers, `offset`, `@`, ranges",
            Self::Arithmetic => "arithmetic, with `on`, `ignoring`, `group_left`, `group_right`",
            Self::Comparisons => "comparisons, with and without `bool`",
            Self::Sets => "`and`, `or`, `unless`",
            Self::Aggregations => "aggregations, `by` and `without`",
            Self::Counters => "counters and gauges over a range",
            Self::OverTime => "statistics over a range",
            Self::Trends => "trends over a range",
            Self::Subqueries => "subqueries",
            Self::Classic => "classic histograms",
            Self::Native => "native histograms",
            Self::Numbers => "functions of numbers",
            Self::Dates => "parts of a date",
            Self::LabelsAndOrder => "labels and order",
            Self::Presence => "presence",
            Self::Types => "between types, and time",
        }
    }
}

/// Writes random expressions.
pub(crate) struct Writer {
    random: Random,
    dialect: Dialect,
    /// Added to every instant that is written, so that it is on no sample: milliseconds.
    beside_ms: i64,
}

/// How many levels of operands a query has at most.
const DEPTH: u32 = 2;

impl Writer {
    pub(crate) fn new(random: Random, dialect: Dialect, beside_ms: i64) -> Self {
        Self { random, dialect, beside_ms }
    }

    /// The next query.
    pub(crate) fn query(&mut self) -> (Family, String) {
        let family = *self.random.pick(&Family::ALL);
        if family == Family::Native && !self.dialect.is_third() {
            return self.query();
        }
        let text = match family {
            Family::Selectors => self.any_selection(),
            _ => self.of_family(family, DEPTH),
        };
        (family, text)
    }

    /// An instant vector (a scalar here and there) with this at the top.
    fn of_family(&mut self, family: Family, depth: u32) -> String {
        match family {
            Family::Selectors => self.selector(),
            Family::Arithmetic => self.arithmetic(depth),
            Family::Comparisons => self.comparison(depth),
            Family::Sets => self.set(depth),
            Family::Aggregations => self.aggregation(depth),
            Family::Counters => self.counters(depth),
            Family::OverTime => self.over_time(depth),
            Family::Trends => self.trend(depth),
            Family::Subqueries => self.over_subquery(depth),
            Family::Classic => self.classic(depth),
            Family::Native => self.native(depth),
            Family::Numbers => self.of_numbers(depth),
            Family::Dates => self.date(depth),
            Family::LabelsAndOrder => self.labels_and_order(depth),
            Family::Presence => self.presence(depth),
            Family::Types => self.types(depth),
        }
    }

    /// Any instant vector.
    fn vector(&mut self, depth: u32) -> String {
        if depth == 0 || self.random.chance(35) {
            return self.selector();
        }
        let family = *self.random.pick(&Family::ALL);
        match family {
            // Their results are of labels or orders that fit nowhere, or are scalars.
            Family::Native if !self.dialect.is_third() => self.selector(),
            Family::Types | Family::Selectors => self.selector(),
            family => self.of_family(family, depth - 1),
        }
    }

    /// Any scalar.
    fn scalar(&mut self, depth: u32) -> String {
        match self.random.below(8) {
            0 if depth > 0 => format!("scalar({})", self.vector(depth - 1)),
            1 => "time()".to_owned(),
            2 if depth > 0 => {
                let operator = self.random.word(&["+", "-", "*", "/", "%", "^"]);
                format!("({} {operator} {})", self.scalar(0), self.scalar(depth - 1))
            }
            _ => self.number(),
        }
    }

    fn number(&mut self) -> String {
        let plain = ["0", "1", "2", "3.5", "-1", "0.25", "10", "1e3", "-7.25", "100"];
        let odd = ["NaN", "Inf", "-Inf"];
        let is_odd = self.dialect.is_third() && self.random.chance(6);
        self.random.word(if is_odd { &odd } else { &plain }).to_owned()
    }

    /// A share between 0 and 1, now and then beyond.
    fn share(&mut self) -> &'static str {
        let shares = ["0", "0.1", "0.5", "0.5", "0.75", "0.9", "0.99", "1", "-0.5", "1.5"];
        if self.dialect.is_third() && self.random.chance(3) {
            return "NaN";
        }
        self.random.word(&shares)
    }

    fn duration(&mut self) -> &'static str {
        self.random.word(&["30s", "45s", "1m", "1m30s", "2m", "5m", "5m", "10m", "20m"])
    }

    /// An instant within the data, seconds since the epoch.
    fn instant(&mut self) -> String {
        let seconds = u32::try_from((END_MS - START_MS) / 1000).unwrap();
        let at_ms = START_MS + i64::from(self.random.below(seconds / 5)) * 5000 + self.beside_ms;
        format!("{}.{:03}", at_ms / 1000, at_ms % 1000)
    }

    /// Some of the labels that series have.
    fn label_list(&mut self) -> String {
        let labels = ["job", "instance", "code", "method", "zone", "le", "version", "path"];
        let mut chosen = self.random.some(&labels[..4]);
        if self.random.chance(20) {
            chosen.push(self.random.word(&labels[4..]));
        }
        chosen.join(", ")
    }
}
