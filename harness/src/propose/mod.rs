//! A first scenario for a service that nobody has described yet: which objectives its
//! metrics and its answers suggest, and the file that says so.
//!
//! It sees what a short look at the service left behind (a few requests between two
//! scrapes) and proposes; it sends nothing and judges nothing. Each proposal gives its
//! reason. What cannot be known from a look, or would not pass for sure, is proposed as
//! a comment: a file that is green on a guess would be worth nothing.

mod errors;
mod file;
mod histogram;
mod latency;
mod load;
mod memory;
mod presence;
mod reconcile;
mod round;
mod seen;
mod success;
mod yaml;

pub use file::{Draft, MetricsDraft, MetricsPlace, RequestDraft, file_text};
pub use load::LoadProposal;

use crate::slo::Evidence;
use seen::Seen;

/// One objective that could be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Why, in sentences for the person who edits the file.
    pub reason: String,
    /// The objective as an entry of `slo`, in YAML on one line; without one there is only
    /// something to say.
    pub entry: Option<String>,
    /// Whether it is in force.
    pub standing: Standing,
}

/// Whether a proposal is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is part of the scenario.
    InForce,
    /// It is a comment, to be completed or allowed by a person.
    Comment,
}

impl Proposal {
    fn in_force(reason: impl Into<String>, entry: impl Into<String>) -> Self {
        Self { reason: reason.into(), entry: Some(entry.into()), standing: Standing::InForce }
    }

    fn comment(reason: impl Into<String>, entry: impl Into<String>) -> Self {
        Self { standing: Standing::Comment, ..Self::in_force(reason, entry) }
    }

    fn remark(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), entry: None, standing: Standing::Comment }
    }

    /// Whether it is an objective of the scenario.
    pub fn is_in_force(&self) -> bool {
        self.standing == Standing::InForce && self.entry.is_some()
    }
}

/// What a look at a service suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestions {
    /// How much to send.
    pub load: LoadProposal,
    /// What could be held, the client's side first.
    pub objectives: Vec<Proposal>,
    /// Whether a counter of the target's own moved, so that its metrics can be judged.
    pub target_moved: bool,
    /// Whether the metrics say when their process started.
    pub tells_start: bool,
}

/// Proposes a load and objectives for what was looked at.
pub fn suggest(evidence: &Evidence<'_>) -> Suggestions {
    let seen = Seen::of(evidence);
    let load = LoadProposal::for_answers_of(seen.answer_seconds);
    let mut objectives = vec![latency::propose(&seen, &load), success::propose(&seen, &load)];
    let mut of_target = [
        reconcile::propose(&seen),
        presence::propose(&seen),
        histogram::propose(&seen).into_iter().collect(),
        errors::propose(&seen),
        memory::propose(&seen).into_iter().collect(),
    ]
    .concat();
    if !seen.target_moved {
        // On metrics that do not move nothing passes, and a person has to say why not.
        for one in &mut of_target {
            one.standing = Standing::Comment;
        }
    }
    objectives.extend(of_target);
    Suggestions { load, objectives, target_moved: seen.target_moved, tells_start: seen.tells_start }
}
