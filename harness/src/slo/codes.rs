//! Codes of verdicts: that of each rule stands with the rule, those that belong to no single
//! one stand here, each with its text in `codes/`.

use super::algebra::{
    allowed_restart, born_series, bucket_edge, counter_growth, every_element, fast_failures,
    few_scrapes, gauge_growth, gauge_scrapes, generator_behind, generator_lag, gone_series,
    idle_target, long_range, never_sent, no_such_grouping, no_such_label, no_such_series,
    nothing_succeeded, one_process, present, reconcile, recorded_series, restart, sample_size,
    scrape_gaps, sent_again, since_start, starved_machine, stopped_early, success_ratio, threshold,
    unit_of_name, unmoved, unseen_life, wide_window,
};
use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Verdicts of objectives",
    codes: &[
        threshold::CODE,
        sample_size::CODE,
        success_ratio::CODE,
        bucket_edge::CODE,
        generator_lag::CODE,
        generator_behind::CODE,
        starved_machine::CODE,
        stopped_early::CODE,
        nothing_succeeded::CODE,
        never_sent::CODE,
        sent_again::CODE,
        unmoved::CODE,
        one_process::CODE,
        restart::SEVERAL_PROCESSES,
        restart::CODE,
        allowed_restart::CODE,
        NO_CLIENT,
        NO_SAMPLES,
        NO_VALUE,
        NO_TARGET,
        NO_WINDOW,
        every_element::CODE,
        no_such_series::CODE,
        no_such_label::CODE,
        no_such_grouping::CODE,
        present::CODE,
        reconcile::CODE,
        counter_growth::CODE,
        gauge_growth::CODE,
        gauge_scrapes::CODE,
        scrape_gaps::CODE,
        few_scrapes::CODE,
        long_range::CODE,
        wide_window::CODE,
        since_start::CODE,
        recorded_series::CODE,
        born_series::CODE,
        gone_series::CODE,
        unseen_life::CODE,
        unit_of_name::CODE,
        fast_failures::CODE,
        idle_target::CODE,
        ALERT_FIRED,
        ALERT_NOT_FIRED,
        ALERT_PENDING,
        ALERT_COULD_NOT_FIRE,
        ALERT_FIRED_BEFORE,
        ALERT_EVALUATIONS,
        RULE_FAILURE,
    ],
};

/// An objective on the load generator where nothing was sent.
pub const NO_CLIENT: Code = Code::new(&["no-client", include_str!("codes/no-client.md")]);
/// No request to judge.
pub const NO_SAMPLES: Code = Code::new(&["no-samples", include_str!("codes/no-samples.md")]);
/// An expression without a value.
pub const NO_VALUE: Code = Code::new(&["no-value", include_str!("codes/no-value.md")]);
/// An objective without a target.
pub const NO_TARGET: Code = Code::new(&["no-target", include_str!("codes/no-target.md")]);
/// A window without an opening or a closing scrape.
pub const NO_WINDOW: Code = Code::new(&["no-window", include_str!("codes/no-window.md")]);
/// An alert fired that must not.
pub const ALERT_FIRED: Code = Code::new(&["alert-fired", include_str!("codes/alert-fired.md")]);
/// An alert did not fire that must.
pub const ALERT_NOT_FIRED: Code =
    Code::new(&["alert-not-fired", include_str!("codes/alert-not-fired.md")]);
/// An alert that was on its way.
pub const ALERT_PENDING: Code =
    Code::new(&["alert-pending", include_str!("codes/alert-pending.md")]);
/// An alert that must fire held before the load.
pub const ALERT_FIRED_BEFORE: Code =
    Code::new(&["alert-fired-before", include_str!("codes/alert-fired-before.md")]);
/// An alert that could not have fired in this run.
pub const ALERT_COULD_NOT_FIRE: Code =
    Code::new(&["alert-could-not-fire", include_str!("codes/alert-could-not-fire.md")]);
/// An alert that was evaluated too seldom.
pub const ALERT_EVALUATIONS: Code =
    Code::new(&["alert-evaluations", include_str!("codes/alert-evaluations.md")]);
/// A rule that cannot be evaluated.
pub const RULE_FAILURE: Code = Code::new(&["rule-failure", include_str!("codes/rule-failure.md")]);
