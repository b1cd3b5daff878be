//! The rules of grafana/dashboard-linter, under its names: one file a rule, each a pure function
//! of a dashboard. Where the linter's error is about style, here it is a warning, and its warning
//! a note; what cannot work is an error.
//!
//! Rules for other data sources than Prometheus and for the second schema of dashboards are not
//! here, nor are those that ask for nothing unless they are configured.

mod panel_datasource;
mod panel_no_targets;
mod panel_title_description;
mod panel_units;
mod target_counter_agg;
mod target_histogram;
mod target_label;
mod target_promql;
mod target_rate_interval;
mod template_datasource;
mod template_label;
mod template_label_promql;
mod template_on_time_change_reload;
mod template_unused;
mod uneditable;
mod units;

use slogate_promql::lint::Severity;

use super::codes;
use super::found::Found;
use super::model::{Dashboard, Panel};
use super::queries::{Asked, Query};
use crate::code::Code;

/// What the rules look at.
pub(super) struct Looked<'b> {
    pub(super) board: &'b Dashboard,
    pub(super) queries: &'b [Query<'b>],
}

/// A rule's code, how sure it is, and what it finds.
type Rule = (Code, Severity, fn(&Looked<'_>, Kind) -> Vec<Found>);
/// What each finding of a rule has.
type Kind = (Code, Severity);

/// The rules in the order of the linter.
const RULES: &[Rule] = &[
    (codes::TEMPLATE_DATASOURCE, Severity::Warning, template_datasource::find),
    (codes::TEMPLATE_JOB, Severity::Warning, template_label::find_job),
    (codes::TEMPLATE_INSTANCE, Severity::Warning, template_label::find_instance),
    (codes::TEMPLATE_LABEL_PROMQL, Severity::Error, template_label_promql::find),
    (codes::TEMPLATE_RELOAD, Severity::Warning, template_on_time_change_reload::find),
    (codes::TEMPLATE_UNUSED, Severity::Warning, template_unused::find),
    (codes::PANEL_DATASOURCE, Severity::Warning, panel_datasource::find),
    (codes::PANEL_TITLE_DESCRIPTION, Severity::Warning, panel_title_description::find),
    (codes::PANEL_UNITS, Severity::Warning, panel_units::find),
    (codes::PANEL_NO_TARGETS, Severity::Warning, panel_no_targets::find),
    (codes::TARGET_PROMQL, Severity::Error, target_promql::find),
    (codes::TARGET_RATE_INTERVAL, Severity::Warning, target_rate_interval::find),
    (codes::TARGET_JOB, Severity::Warning, target_label::find_job),
    (codes::TARGET_INSTANCE, Severity::Warning, target_label::find_instance),
    (codes::TARGET_COUNTER_AGG, Severity::Warning, target_counter_agg::find),
    (codes::TARGET_HISTOGRAM, Severity::Warning, target_histogram::find),
    (codes::UNEDITABLE, Severity::Warning, uneditable::find),
];

/// Rules of the linter that say nothing here, and why.
pub const NOT_HELD: &[(&str, &str)] = &[
    ("target-logql-rule", "for queries of Loki, which are not read"),
    ("target-logql-auto-rule", "for queries of Loki, which are not read"),
    ("template-required-variables-rule", "asks for nothing unless it is configured"),
    ("target-required-matchers-rule", "asks for nothing unless it is configured"),
    ("v2-required-fields-rule", "for dashboards in the v2 schema, which are not read"),
    ("element-reference-rule", "for dashboards in the v2 schema, which are not read"),
];

/// The names of the rules, in their order.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(code, ..)| code.name())
}

/// Everything that the rules find, rule by rule.
pub(super) fn lint(looked: &Looked<'_>) -> Vec<Found> {
    let of_rule = |(code, level, find): &Rule| find(looked, (*code, *level));
    RULES.iter().flat_map(of_rule).collect()
}

impl<'b> Looked<'b> {
    /// Whether the dashboard is one of Prometheus: rules about `job` and `instance` are for
    /// those, and that there is no variable for the data source is another rule's finding.
    fn is_of_prometheus(&self) -> bool {
        let variable = self.board.source_variable();
        variable.is_some_and(|variable| variable.query.to_lowercase().contains("prometheus"))
    }

    /// Panels of the kinds that the linter's rules are about, with their places.
    fn drawn_panels(&self) -> impl Iterator<Item = (usize, &'b Panel)> {
        const KINDS: [&str; 6] = ["stat", "singlestat", "graph", "table", "timeseries", "gauge"];
        let panels = self.board.panels.iter().enumerate();
        panels.filter(|(_, panel)| KINDS.contains(&panel.kind.as_str()))
    }

    /// Queries that are PromQL, with their expressions.
    fn expressions(&self) -> impl Iterator<Item = (&'b Query<'b>, &'b slogate_promql::Expression)> {
        let queries = self.queries.iter();
        queries.filter_map(|query| Some((query, query.parsed.as_ref()?.as_ref().ok()?)))
    }

    /// Queries to Prometheus.
    fn of_prometheus(&self) -> impl Iterator<Item = &'b Query<'b>> {
        self.queries.iter().filter(|query| query.asked == Asked::Prometheus)
    }
}
