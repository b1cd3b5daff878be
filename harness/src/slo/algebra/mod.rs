//! The algebra of verdicts: each rule is one pure function in a file of its own,
//! with its tests, and a paragraph in `docs/verdict.md`.
//!
//! A rule either makes a ruling out of a measurement (`rule`), makes one out of
//! another ruling and a fact about the run (`rule` too), or states a doubt that
//! stands in the way of any verdict (`doubt`). Which rules apply to which
//! objective, and in which order, is the business of the judges beside this folder.

pub mod allowed_restart;
pub mod born_series;
pub mod bucket_edge;
pub mod counter_growth;
pub mod every_element;
pub mod fast_failures;
pub mod few_scrapes;
pub mod gauge_growth;
pub mod gauge_scrapes;
pub mod generator_behind;
pub mod generator_lag;
pub mod gone_series;
pub mod idle_target;
pub mod long_range;
pub mod never_sent;
pub mod no_such_grouping;
pub mod no_such_label;
pub mod no_such_series;
pub mod nothing_succeeded;
pub mod one_process;
pub mod present;
pub mod reconcile;
pub mod recorded_series;
pub mod restart;
pub mod sample_size;
pub mod scrape_gaps;
pub mod sent_again;
pub mod since_start;
pub mod starved_machine;
pub mod stopped_early;
pub mod success_ratio;
pub mod threshold;
pub mod unit_of_name;
pub mod unmoved;
pub mod unseen_life;
pub mod wide_window;
