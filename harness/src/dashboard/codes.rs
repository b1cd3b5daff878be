//! Codes of dashboards, each with its text in `codes/`. Rules of grafana/dashboard-linter keep the
//! names that they have there.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Dashboards",
    codes: &[
        TEMPLATE_DATASOURCE,
        TEMPLATE_JOB,
        TEMPLATE_INSTANCE,
        TEMPLATE_LABEL_PROMQL,
        TEMPLATE_RELOAD,
        TEMPLATE_UNUSED,
        PANEL_DATASOURCE,
        PANEL_TITLE_DESCRIPTION,
        PANEL_UNITS,
        PANEL_NO_TARGETS,
        TARGET_PROMQL,
        TARGET_RATE_INTERVAL,
        TARGET_JOB,
        TARGET_INSTANCE,
        TARGET_COUNTER_AGG,
        TARGET_HISTOGRAM,
        UNEDITABLE,
        UNKNOWN_VARIABLE,
        PANEL_WITHOUT_DATA,
        QUERY_WITHOUT_DATA,
        VARIABLE_WITHOUT_VALUES,
        VARIABLE_VALUE,
        LEGEND_LABEL,
        NOT_EVALUATED,
        EMPTY_DASHBOARD,
        UNUSED_EXCLUSION,
        INVALID_DASHBOARD,
        INVALID_EXCLUSIONS,
    ],
};

/// The names by which checks are known in exclusions.
pub(super) fn names() -> Vec<&'static str> {
    let own = CODES.codes.iter().map(Code::name);
    let shared = [NO_SUCH_SERIES, NO_SUCH_LABEL];
    own.chain(shared).collect()
}

/// The name of a judge's doubt that is told of a query as well.
const NO_SUCH_SERIES: &str = crate::slo::algebra::no_such_series::CODE.name();
/// Another one.
const NO_SUCH_LABEL: &str = crate::slo::algebra::no_such_label::CODE.name();

/// A data source that is no variable, or has an unusual name.
pub const TEMPLATE_DATASOURCE: Code =
    Code::new(&["template-datasource-rule", include_str!("codes/template-datasource-rule.md")]);
/// No variable for the label `job`, or a wrong one.
pub const TEMPLATE_JOB: Code =
    Code::new(&["template-job-rule", include_str!("codes/template-job-rule.md")]);
/// No variable for the label `instance`, or a wrong one.
pub const TEMPLATE_INSTANCE: Code =
    Code::new(&["template-instance-rule", include_str!("codes/template-instance-rule.md")]);
/// A variable whose query cannot be read.
pub const TEMPLATE_LABEL_PROMQL: Code =
    Code::new(&["template-label-promql-rule", include_str!("codes/template-label-promql-rule.md")]);
/// A variable with the values of another time.
pub const TEMPLATE_RELOAD: Code = Code::new(&[
    "template-on-time-change-reload-rule",
    include_str!("codes/template-on-time-change-reload-rule.md"),
]);
/// A variable that no query uses.
pub const TEMPLATE_UNUSED: Code =
    Code::new(&["template-unused-rule", include_str!("codes/template-unused-rule.md")]);
/// A panel with a data source of its own.
pub const PANEL_DATASOURCE: Code =
    Code::new(&["panel-datasource-rule", include_str!("codes/panel-datasource-rule.md")]);
/// A panel without a title or description.
pub const PANEL_TITLE_DESCRIPTION: Code = Code::new(&[
    "panel-title-description-rule",
    include_str!("codes/panel-title-description-rule.md"),
]);
/// A panel without a unit that Grafana knows.
pub const PANEL_UNITS: Code =
    Code::new(&["panel-units-rule", include_str!("codes/panel-units-rule.md")]);
/// A panel without a query.
pub const PANEL_NO_TARGETS: Code =
    Code::new(&["panel-no-targets-rule", include_str!("codes/panel-no-targets-rule.md")]);
/// A query that is no PromQL.
pub const TARGET_PROMQL: Code =
    Code::new(&["target-promql-rule", include_str!("codes/target-promql-rule.md")]);
/// A rate with a range of its own.
pub const TARGET_RATE_INTERVAL: Code =
    Code::new(&["target-rate-interval-rule", include_str!("codes/target-rate-interval-rule.md")]);
/// A query that is not held to the chosen job.
pub const TARGET_JOB: Code =
    Code::new(&["target-job-rule", include_str!("codes/target-job-rule.md")]);
/// A query that is not held to the chosen instance.
pub const TARGET_INSTANCE: Code =
    Code::new(&["target-instance-rule", include_str!("codes/target-instance-rule.md")]);
/// A counter that is shown by its value.
pub const TARGET_COUNTER_AGG: Code =
    Code::new(&["target-counter-agg-rule", include_str!("codes/target-counter-agg-rule.md")]);
/// Buckets that are not read as a histogram.
pub const TARGET_HISTOGRAM: Code =
    Code::new(&["target-histogram-rule", include_str!("codes/target-histogram-rule.md")]);
/// A dashboard that can be changed in Grafana.
pub const UNEDITABLE: Code =
    Code::new(&["uneditable-dashboard-rule", include_str!("codes/uneditable-dashboard-rule.md")]);
/// A variable that the dashboard does not have.
pub const UNKNOWN_VARIABLE: Code =
    Code::new(&["unknown-variable", include_str!("codes/unknown-variable.md")]);
/// A panel that shows nothing of a run.
pub const PANEL_WITHOUT_DATA: Code =
    Code::new(&["panel-without-data", include_str!("codes/panel-without-data.md")]);
/// A query without data beside others with some.
pub const QUERY_WITHOUT_DATA: Code =
    Code::new(&["query-without-data", include_str!("codes/query-without-data.md")]);
/// A variable whose query finds nothing.
pub const VARIABLE_WITHOUT_VALUES: Code =
    Code::new(&["variable-without-values", include_str!("codes/variable-without-values.md")]);
/// A value of a variable that a run does not have.
pub const VARIABLE_VALUE: Code =
    Code::new(&["variable-value", include_str!("codes/variable-value.md")]);
/// A label in a legend that its series do not have.
pub const LEGEND_LABEL: Code = Code::new(&["legend-label", include_str!("codes/legend-label.md")]);
/// Something of which nothing is said.
pub const NOT_EVALUATED: Code =
    Code::new(&["not-evaluated", include_str!("codes/not-evaluated.md")]);
/// A dashboard of which nothing could be checked.
pub const EMPTY_DASHBOARD: Code =
    Code::new(&["empty-dashboard", include_str!("codes/empty-dashboard.md")]);
/// An exclusion that excludes nothing.
pub const UNUSED_EXCLUSION: Code =
    Code::new(&["unused-exclusion", include_str!("codes/unused-exclusion.md")]);
/// A file that is no dashboard, or a broken one.
pub const INVALID_DASHBOARD: Code =
    Code::new(&["invalid-dashboard", include_str!("codes/invalid-dashboard.md")]);
/// A `.lint` file that cannot be read.
pub const INVALID_EXCLUSIONS: Code =
    Code::new(&["invalid-exclusions", include_str!("codes/invalid-exclusions.md")]);
