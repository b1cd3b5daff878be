//! From judged objectives to one verdict and one exit code. No I/O.
//!
//! Failure beats doubt, within a scenario and across scenarios, and nothing to
//! judge is never a pass. What a scenario is judged by besides its objectives is a
//! [`Condition`]; what a process ends with is an [`ExitCode`].

pub mod codes;
mod condition;
mod exit_code;
mod outcome;

pub use condition::{Condition, Signal, why_not_judged};
pub use exit_code::{EXIT_CODES, ExitCode};
pub use outcome::{OnInconclusive, Outcome, RuleResult, Standing, judge_all, judge_scenario};
