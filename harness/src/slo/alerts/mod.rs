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
mod made;
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

use super::{Doubt, Evidence, Window, codes};
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
            let closed_ms = match (evidence.window(None), seen_window(evidence)) {
                (Ok(run), _) => run.closed_ms,
                (Err(_), Some(seen)) => seen.closed_ms,
                (Err(doubt), None) => return Err(doubt),
            };
            AlertHistory::of(rules, evidence.series, closed_ms)
        };
        self.history.get_or_init(evaluate).as_ref().map_err(Clone::clone)
    }
}

/// From the first measured arrival to the last scrape, however that ended: what fired then has
/// fired, also where there is no window to judge anything else in.
fn seen_window(evidence: &Evidence<'_>) -> Option<Window> {
    let begun = evidence.load.measured_phases().map(|phase| phase.first_intended_ms);
    let opened_ms = begun.min()?;
    let closed_ms = evidence.series.scrapes().iter().map(|scrape| scrape.at_ms).max()?;
    (opened_ms < closed_ms).then_some(Window { opened_ms, closed_ms })
}
