//! Alerts over the run that was recorded: what each rule did, and whether that is what
//! was asked for.
//!
//! The groups are evaluated as a Prometheus would have evaluated them beside the load,
//! over the series that were scraped and the generator's own ([`history`]). How each rule
//! ended is one of four ([`ending`]); only a rule that *could* have fired has stayed quiet
//! ([`reach`]). What this does not do: notify, group or silence.

mod ending;
mod hidden;
mod history;
mod judge;
mod reach;
#[cfg(test)]
mod tests;
mod told;
mod watched;

pub use ending::AlertEnding;
pub use history::AlertActivity;
pub(super) use judge::judge;
pub use watched::{WatchedAlert, watched_alerts};

use std::cell::OnceCell;
use std::sync::Arc;

use super::{Doubt, Evidence, codes};
use crate::scenario::AlertRules;
use history::AlertHistory;

/// The rules of a scenario, and what they did over its run, once somebody has asked.
#[derive(Clone, Debug, Default)]
pub struct AlertEvidence {
    rules: Option<Arc<AlertRules>>,
    history: OnceCell<Result<AlertHistory, Doubt>>,
}

impl AlertEvidence {
    /// Rules that are not evaluated yet.
    pub fn new(rules: Option<Arc<AlertRules>>) -> Self {
        Self { rules, history: OnceCell::new() }
    }

    /// What the rules did. They are evaluated when this is first asked for.
    fn history(&self, evidence: &Evidence<'_>) -> Result<&AlertHistory, Doubt> {
        let evaluate = || {
            let rules = self.rules.as_ref().ok_or_else(|| {
                Doubt::new(codes::RULE_FAILURE, "there are no rule files to evaluate any more")
            })?;
            AlertHistory::of(rules, evidence.series, evidence.window(None)?.closed_ms)
        };
        self.history.get_or_init(evaluate).as_ref().map_err(Clone::clone)
    }
}
