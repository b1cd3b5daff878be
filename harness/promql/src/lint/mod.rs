//! What is allowed in a rule and most likely a mistake: one check a file, each a pure function
//! of a parsed rule, of how often its series are scraped, and, where somebody has it, of what a
//! target exports.
//!
//! A finding that is wrong costs more than one that is missing, so each check is silent about
//! what it cannot know: what a recorded series holds, which labels a Prometheus adds to what it
//! scrapes, whether a metric whose name says nothing is a counter. Style is no concern here.

mod absent_label;
mod always_fires;
mod comments;
mod counter_value;
mod experimental;
mod exported;
mod gauge_rate;
mod invalid_quantile;
mod keeps;
mod missing_bucket;
mod never_fires;
mod quantile_edge;
mod rate_window;
mod selected;
mod template_label;
mod walk;

pub use comments::{Ignored, ignored};
pub use exported::{Exported, MetricType};

use std::collections::BTreeSet;

use crate::Place;
use crate::rules::{Rule, RuleFile, RuleKind};

/// How sure it is that something must be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; it may be meant.
    Info,
    /// Most likely a mistake.
    Warning,
    /// It cannot do what it is for.
    Error,
}

/// The checks, each under the name that findings and comments know it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// A counter is judged by what it counted since its process started.
    CounterValue,
    /// The range of a rate is shorter than two scrapes.
    RateWindow,
    /// An alert that fires as long as its series exist.
    AlwaysFires,
    /// An alert whose condition no value can meet.
    NeverFires,
    /// A template names a label that the expression has dropped.
    TemplateLabel,
    /// A template names a label that the answer of `absent` does not have.
    AbsentLabel,
    /// A quantile of buckets without their bounds.
    MissingBucket,
    /// A quantile outside of 0 to 1.
    InvalidQuantile,
    /// A function that Prometheus has only behind a flag.
    ExperimentalFunction,
    /// A series that the target does not export.
    UnknownSeries,
    /// A label value that the target does not export.
    UnknownLabelValue,
    /// A rate of what may fall.
    GaugeRate,
    /// A limit of a quantile that is no bound of its buckets.
    QuantileEdge,
}

/// What a check finds in a rule.
type Find = fn(&Subject<'_>) -> Vec<Found>;

/// Every check with its name and what it finds, in the order in which findings are told.
const CHECKS: &[(Check, &str, Find)] = &[
    (Check::NeverFires, "never-fires", never_fires::check),
    (Check::AlwaysFires, "always-fires", always_fires::check),
    (Check::CounterValue, "counter-value", counter_value::check),
    (Check::GaugeRate, "gauge-rate", gauge_rate::check),
    (Check::RateWindow, "rate-window", rate_window::check),
    (Check::MissingBucket, "missing-bucket", missing_bucket::check),
    (Check::InvalidQuantile, "invalid-quantile", invalid_quantile::check),
    (Check::QuantileEdge, "quantile-edge", quantile_edge::check),
    (Check::TemplateLabel, "template-label", template_label::check),
    (Check::AbsentLabel, "absent-label", absent_label::check),
    (Check::ExperimentalFunction, "experimental-function", experimental::check),
    (Check::UnknownSeries, "unknown-series", selected::check_names),
    (Check::UnknownLabelValue, "unknown-label-value", selected::check_values),
];

/// One thing that is most likely a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What found it.
    pub check: Check,
    /// How sure it is.
    pub severity: Severity,
    /// The rule's name.
    pub rule: String,
    /// Where the rule begins; comments above it are about it.
    pub rule_place: Place,
    /// Where the expression stands that it is about.
    pub place: Place,
    /// What is wrong and why, a sentence without its stop.
    pub why: String,
    /// What to write instead, a sentence without its stop.
    pub instead: String,
}

/// The candidate that a word was probably meant to be, if any is near.
pub type Closest = for<'a> fn(&str, &[&'a str]) -> Option<&'a str>;

/// What is known besides a rule.
#[derive(Clone, Copy, Debug)]
pub struct Knowledge<'k> {
    /// Time between two scrapes, milliseconds.
    pub scrape_interval_ms: i64,
    /// Names of metrics that rules record, in whichever file.
    pub recorded: &'k BTreeSet<String>,
    /// What a target exports, if somebody has looked.
    pub exported: Option<&'k Exported>,
    /// Who knows what a misspelt name was meant to be.
    pub closest: Closest,
}

/// What a check is given.
struct Subject<'s> {
    rule: &'s Rule,
    known: &'s Knowledge<'s>,
}

/// What a check finds.
struct Found {
    severity: Severity,
    why: String,
    instead: String,
}

impl Check {
    /// All of them.
    pub fn every() -> impl Iterator<Item = Self> {
        CHECKS.iter().map(|(check, ..)| *check)
    }

    /// The name by which it is known.
    pub fn name(self) -> &'static str {
        CHECKS.iter().find(|(check, ..)| *check == self).map_or("", |(_, name, _)| name)
    }

    /// Whether it finds something only where it is known what a target exports.
    pub fn needs_exported(self) -> bool {
        matches!(
            self,
            Self::UnknownSeries | Self::UnknownLabelValue | Self::GaugeRate | Self::QuantileEdge
        )
    }

    /// The check of a name.
    pub fn named(name: &str) -> Option<Self> {
        CHECKS.iter().find(|(_, known, _)| *known == name).map(|(check, ..)| *check)
    }
}

impl Severity {
    /// `info`, `warning` or `error`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Subject<'_> {
    fn is_alert(&self) -> bool {
        matches!(self.rule.kind, RuleKind::Alerting(_))
    }
}

impl Found {
    fn new(severity: Severity, why: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { severity, why: why.into(), instead: instead.into() }
    }
}

/// Everything that the checks find in a file, in its order.
pub fn lint(file: &RuleFile, known: &Knowledge<'_>) -> Vec<Finding> {
    let rules = file.groups.iter().flat_map(|group| &group.rules);
    rules.flat_map(|rule| of_rule(rule, known)).collect()
}

fn of_rule(rule: &Rule, known: &Knowledge<'_>) -> Vec<Finding> {
    let subject = Subject { rule, known };
    let mut findings = Vec::new();
    for (check, _, find) in CHECKS {
        findings.extend(find(&subject).into_iter().map(|found| Finding {
            check: *check,
            severity: found.severity,
            rule: rule.name.clone(),
            rule_place: rule.place,
            place: rule.expression_place,
            why: found.why,
            instead: found.instead,
        }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found in one rule, as `check severity: why`; with what is exported, if anything.
    pub(super) fn found(rule: &str, exported: Option<&Exported>) -> Vec<String> {
        let text = format!("groups:\n  - name: g\n    rules:\n      - {rule}\n");
        let file = RuleFile::parse(&text, "rules.yml").unwrap_or_else(|all| panic!("{all:?}"));
        let recorded = BTreeSet::from(["job:errors".to_owned()]);
        let closest: Closest =
            |word, candidates| candidates.iter().find(|one| one.len() == word.len()).copied();
        let known =
            Knowledge { scrape_interval_ms: 15_000, recorded: &recorded, exported, closest };
        let shown =
            |one: Finding| format!("{} {}: {}", one.check.name(), one.severity.word(), one.why);
        lint(&file, &known).into_iter().map(shown).collect()
    }

    /// What is found in an alert on an expression.
    pub(super) fn of_alert(expression: &str) -> Vec<String> {
        found(&format!("{{alert: A, expr: '{expression}'}}"), None)
    }

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Check::every().map(Check::name).collect();
        assert_eq!(names.len(), CHECKS.len());
        assert!(Check::every().all(|check| Check::named(check.name()) == Some(check)));
    }

    #[test]
    fn rules_that_are_in_order_are_left_alone() {
        for expression in [
            "up == 0",
            "absent(up{job=\"a\"})",
            "sum by (job) (rate(a_total[5m])) > 5",
            "histogram_quantile(0.95, sum by (le) (rate(b_bucket[5m]))) > 1",
            "rate(a_total{code=~\"5..\"}[5m]) / rate(a_total[5m]) > 0.05",
            "count by (job) (up == 0) > 1 and on (job) job:up:count > 3",
            "vector(1)",
            "time() - process_start_time_seconds < 60",
            "ALERTS{alertstate=\"firing\"}",
            "changes(a_total[5m]) > 3",
            "predict_linear(node_filesystem_free_bytes[1h], 4 * 3600) < 0",
            "a > on (job) group_left limit",
            "job:errors:rate5m / job:requests:rate5m > 0.1",
        ] {
            assert_eq!(of_alert(expression), [] as [&str; 0], "{expression}");
        }
    }
}
