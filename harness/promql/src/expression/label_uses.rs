//! The labels that an expression groups, matches or copies by, each with the selectors
//! whose series should have it.
//!
//! To PromQL a label that nobody has is the empty text: `by (fromat)` is one group of
//! everything, and `without (fromat)` leaves nothing out. Labels that the expression
//! makes itself, as `label_replace` does, are nobody's to have and are left out.

use std::collections::BTreeSet;

use super::{
    Aggregate, Aggregation, Asks, Binary, Call, Cardinality, Expression, Kind, LabelChoice,
};
use crate::matcher::Selector;

/// A label that a clause of an expression names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelUse {
    /// The label.
    pub label: String,
    /// The word before the parentheses: `by`, `on`, `group_left`, …
    pub clause: &'static str,
    /// What is grouped or matched: selectors, some of whose series should have the label.
    pub of: Vec<Selector>,
    /// Whether the expression has dropped the label before the clause asks for it, as the
    /// inner one of `sum by (host) (sum by (job) (x))` does.
    pub is_dropped: bool,
}

impl Expression {
    /// Every label that a `by`, `without`, `on`, `ignoring`, `group_left` or `group_right`
    /// names and that the expression does not make itself.
    pub fn label_uses(&self) -> Vec<LabelUse> {
        let mut found = match &self.kind {
            Kind::Aggregate(aggregate) => of_aggregate(aggregate),
            Kind::Binary(binary) => of_binary(binary),
            _ => Vec::new(),
        };
        found.extend(self.parts().into_iter().flat_map(Self::label_uses));
        found
    }

    /// Labels that the value has because of this expression, whatever the series have.
    fn made_labels(&self) -> BTreeSet<&str> {
        let mut made: BTreeSet<&str> = match &self.kind {
            Kind::Call(call) => made_by_call(call),
            Kind::Aggregate(aggregate) => made_by_aggregate(aggregate),
            Kind::Binary(binary) => copied(binary).iter().map(String::as_str).collect(),
            _ => BTreeSet::new(),
        };
        made.extend(self.parts().into_iter().flat_map(Self::made_labels));
        made
    }

    /// Whether it, or something in it, asks whether there are no series: the labels of that
    /// answer are those of the question.
    fn asks_for_absence(&self) -> bool {
        self.selectors().iter().any(|one| one.asks == Asks::Absence)
    }
}

impl Expression {
    /// Whether its value can have a label that its series have.
    fn keeps(&self, label: &str) -> bool {
        match &self.kind {
            Kind::Aggregate(aggregate) => aggregate.keeps(label),
            Kind::Number(_) | Kind::Text(_) => false,
            _ => {
                let mut parts = self.parts().into_iter().peekable();
                parts.peek().is_none() || parts.any(|part| part.keeps(label))
            }
        }
    }
}

impl Aggregate {
    fn keeps(&self, label: &str) -> bool {
        let is_chosen = match &self.grouping {
            LabelChoice::Only(names) => names.iter().any(|name| name == label),
            LabelChoice::AllBut(names) => !names.iter().any(|name| name == label),
        };
        let picks_elements = matches!(
            self.operation,
            Aggregation::TopK
                | Aggregation::BottomK
                | Aggregation::LimitK
                | Aggregation::LimitRatio
        );
        (is_chosen || picks_elements) && self.inner.keeps(label)
    }
}

fn of_aggregate(aggregate: &Aggregate) -> Vec<LabelUse> {
    let (clause, names) = match &aggregate.grouping {
        LabelChoice::Only(names) => ("by", names),
        LabelChoice::AllBut(names) => ("without", names),
    };
    uses(clause, names, &[&aggregate.inner])
}

fn of_binary(binary: &Binary) -> Vec<LabelUse> {
    let (clause, names) = match &binary.matching {
        LabelChoice::Only(names) => ("on", names),
        LabelChoice::AllBut(names) => ("ignoring", names),
    };
    let mut found = uses(clause, names, &[&binary.left, &binary.right]);
    let (clause, names, from) = match &binary.cardinality {
        Cardinality::OneToOne => return found,
        Cardinality::ManyToOne(names) => ("group_left", names, &binary.right),
        Cardinality::OneToMany(names) => ("group_right", names, &binary.left),
    };
    found.extend(uses(clause, names, &[from]));
    found
}

/// The uses of labels on the value of these expressions.
fn uses(clause: &'static str, names: &[String], on: &[&Expression]) -> Vec<LabelUse> {
    if on.iter().any(|one| one.asks_for_absence()) {
        return Vec::new();
    }
    let made: BTreeSet<&str> = on.iter().flat_map(|one| one.made_labels()).collect();
    let selectors = on.iter().flat_map(|one| one.selectors());
    let of: Vec<Selector> = selectors.map(|found| found.selector).collect();
    let theirs = names.iter().filter(|name| !made.contains(name.as_str()));
    let one_use = |name: &String| LabelUse {
        label: name.clone(),
        clause,
        of: of.clone(),
        is_dropped: takes(clause) && !on.iter().any(|one| one.keeps(name)),
    };
    theirs.map(one_use).collect()
}

/// Whether a clause takes something from the labels that it names. `without` and `ignoring`
/// only say that a label does not matter, which is true of one that is gone.
fn takes(clause: &str) -> bool {
    !matches!(clause, "without" | "ignoring")
}

fn made_by_call(call: &Call) -> BTreeSet<&str> {
    match (call.function.name, call.arguments.as_slice()) {
        ("label_replace" | "label_join", [_, Expression { kind: Kind::Text(label) }, ..]) => {
            BTreeSet::from([label.as_str()])
        }
        _ => BTreeSet::new(),
    }
}

fn made_by_aggregate(aggregate: &Aggregate) -> BTreeSet<&str> {
    match (aggregate.operation, &aggregate.parameter) {
        (Aggregation::CountValues, Some(Expression { kind: Kind::Text(label) })) => {
            BTreeSet::from([label.as_str()])
        }
        _ => BTreeSet::new(),
    }
}

/// The labels that `group_left` or `group_right` copies.
fn copied(binary: &Binary) -> &[String] {
    match &binary.cardinality {
        Cardinality::OneToOne => &[],
        Cardinality::ManyToOne(names) | Cardinality::OneToMany(names) => names,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `by format of a_total`, …
    fn uses(text: &str) -> Vec<String> {
        let shown = |one: LabelUse| {
            let of: Vec<&str> = one.of.iter().filter_map(Selector::metric_name).collect();
            format!("{} {} of {}", one.clause, one.label, of.join(" "))
        };
        Expression::parse(text).unwrap().label_uses().into_iter().map(shown).collect()
    }

    #[test]
    fn finds_labels_of_aggregations_at_any_depth() {
        assert_eq!(
            uses("max(sum by (format, size) (rate(a_total[5m])))"),
            ["by format of a_total", "by size of a_total"]
        );
        assert_eq!(uses("sum without (pod) (a + b)"), ["without pod of a b"]);
        assert!(uses("sum(a) / sum(b)").is_empty());
    }

    #[test]
    fn finds_labels_of_matchings_and_of_what_they_copy() {
        assert_eq!(uses("a / on (id) b"), ["on id of a b"]);
        assert_eq!(uses("a and ignoring (code) b"), ["ignoring code of a b"]);
        assert_eq!(
            uses("a * on (id) group_left (version) b"),
            ["on id of a b", "group_left version of b"]
        );
        assert_eq!(
            uses("a * on (id) group_right (version) b"),
            ["on id of a b", "group_right version of a"]
        );
    }

    #[test]
    fn labels_that_are_gone_when_they_are_asked_for_are_dropped() {
        let is_dropped = |text: &str| {
            let uses = Expression::parse(text).unwrap().label_uses();
            uses.iter().any(|one| one.is_dropped)
        };
        for text in [
            "sum by (host) (sum by (job) (a))",
            "max by (host) (sum without (host) (a))",
            "max by (host) (sum(a) / 5)",
            "a * on (id) group_left (version) sum by (id) (b)",
            "max by (host) (max_over_time(sum by (job) (a)[5m:1s]))",
        ] {
            assert!(is_dropped(text), "{text}");
        }
        for text in [
            "max by (job) (sum by (job, host) (a))",
            "max by (host) (topk by (job) (3, a))",
            "max without (host) (sum by (job) (a))",
            "max by (host) (a / on (job) group_left sum by (job) (a))",
            "max by (host) (rate(a[5m]))",
            "a * on (id) group_left (version) max by (id, version) (b)",
        ] {
            assert!(!is_dropped(text), "{text}");
        }
    }

    #[test]
    fn labels_that_the_expression_makes_are_left_out() {
        for text in [
            r#"sum by (host) (label_replace(a, "host", "$1", "instance", "(.*):.*"))"#,
            r#"sum by (both) (label_join(a, "both", "-", "x", "y"))"#,
            r#"max by (value) (count_values("value", a))"#,
            r#"sum by (job) (absent(up{job="shop"}))"#,
        ] {
            assert!(uses(text).is_empty(), "{text}");
        }
        let copied = "sum by (version) (a * on () group_left (version) b)";
        assert_eq!(uses(copied), ["group_left version of b"]);
    }
}
