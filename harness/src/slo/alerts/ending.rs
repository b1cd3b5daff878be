//! How an alert rule ended in a window.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::history::{AlertActivity, AlertHistory, RuleHistory};
use super::reach;
use crate::series::SeriesStore;
use crate::slo::Window;

/// How an alert ended.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum AlertEnding {
    /// It could have fired, and did not.
    #[serde(rename = "stayed quiet")]
    StayedQuiet,
    /// It was on its way: its condition held, and its `for` was not over.
    #[serde(rename = "pending at end")]
    PendingAtEnd,
    /// Whatever the target had done, it could not have fired, or nobody can tell.
    #[serde(rename = "could not have fired")]
    CouldNotHaveFired,
    /// It fired.
    #[serde(rename = "fired")]
    Fired,
}

impl AlertEnding {
    /// In the words of reports.
    pub fn words(self) -> &'static str {
        match self {
            Self::StayedQuiet => "stayed quiet",
            Self::PendingAtEnd => "pending at end",
            Self::CouldNotHaveFired => "could not have fired",
            Self::Fired => "fired",
        }
    }
}

impl fmt::Display for AlertEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// One rule in one window.
pub(super) struct Ended<'h> {
    pub(super) rule: &'h RuleHistory,
    pub(super) ending: AlertEnding,
    /// The alerts that fired, or were pending.
    pub(super) activities: Vec<&'h AlertActivity>,
    /// Why it could not have fired.
    pub(super) why: Option<String>,
    /// What went wrong each time that it was evaluated.
    pub(super) failure: Option<&'h str>,
}

/// How a rule ended; of its alerts, those that `are_meant` count.
pub(super) fn ended<'h>(
    rule: &'h RuleHistory,
    history: &AlertHistory,
    series: &SeriesStore,
    window: Window,
    are_meant: impl Fn(&AlertActivity) -> bool,
) -> Ended<'h> {
    let meant = || rule.activities.iter().filter(|one| are_meant(one));
    let fired: Vec<_> = meant().filter(|one| one.fires_in(window)).collect();
    if !fired.is_empty() {
        return Ended {
            rule,
            ending: AlertEnding::Fired,
            activities: fired,
            why: None,
            failure: None,
        };
    }
    let last = rule.evaluated_ms.iter().rfind(|at| **at <= window.closed_ms);
    let pending: Vec<_> =
        last.map_or_else(Vec::new, |last| meant().filter(|one| one.is_pending_at(*last)).collect());
    let failure = rule.failure(window).filter(|_| rule.values(window) == 0);
    let (ending, why) = match reach::why_not(rule, history, series, window) {
        _ if !pending.is_empty() => (AlertEnding::PendingAtEnd, None),
        Some(why) => (AlertEnding::CouldNotHaveFired, Some(why)),
        None => (AlertEnding::StayedQuiet, None),
    };
    Ended { rule, ending, activities: pending, why, failure }
}
