//! What decides over a scenario besides its objectives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExitCode, codes};
use crate::code::Code;
use crate::series::{ChangeKind, InstanceChange};
use crate::slo::algebra::{idle_target, restart};
use crate::slo::{Doubt, Ruling, Verdict};

/// A signal that ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Signal {
    /// Ctrl-C.
    #[serde(rename = "SIGINT")]
    Interrupt,
    /// A polite request to end.
    #[serde(rename = "SIGTERM")]
    Terminate,
    /// The terminal is gone.
    #[serde(rename = "SIGHUP")]
    Hangup,
}

/// Something that happened to a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// The target or its metrics could not be reached before the measured load.
    NotReachable {
        /// What was tried and what happened.
        reason: String,
        /// The codes of what happened, for `slogate explain`; by name, so that a record of
        /// another version can be read. Records of before there were codes have none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
    },
    /// The target's name means several services, so nothing was sent.
    AmbiguousTarget {
        /// What showed it.
        reason: String,
    },
    /// None of the first requests got a complete response.
    NoResponse {
        /// What the last one got.
        reason: String,
    },
    /// A signal ended the run before its time.
    Interrupted {
        /// Which.
        signal: Signal,
    },
    /// slogate itself failed.
    Internal {
        /// What went wrong.
        reason: String,
        /// The same as of a target that was not reachable.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
    },
    /// The target restarted during the measured load.
    Restarted {
        /// What showed it.
        reason: String,
    },
    /// The target that slogate started ended before it was told to.
    TargetEnded {
        /// How, and what it said last.
        reason: String,
    },
    /// An objective with `abort` was missed for so long that the load was ended.
    Aborted {
        /// Which, for how long, and by what.
        reason: String,
    },
    /// The same on a machine whose CPU others had, so that it may be their doing.
    AbortInDoubt {
        /// Which, for how long, by what, and who had the CPU.
        reason: String,
    },
    /// Several processes answered at one address.
    SeveralProcesses {
        /// What showed it.
        reason: String,
    },
    /// The scenario was not run.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Somebody else's load was watched, and there was none.
    Idle {
        /// What was looked for.
        reason: String,
    },
    /// An API that was asked the same says something else (`--verify-with`).
    SourcesDiffer {
        /// Of which objective, and what both say.
        reason: String,
    },
    /// Not everything that an API was to be asked could be compared (`--verify-with`).
    NotVerified {
        /// What, and why.
        reason: String,
        /// The same as of a target that was not reachable.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        causes: Vec<String>,
    },
    /// `slo: none`: there is nothing to judge, and that is meant.
    LoadOnly,
}

impl Signal {
    /// What the process ends with.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Interrupt => ExitCode::Interrupted,
            Self::Terminate => ExitCode::Terminated,
            Self::Hangup => ExitCode::HungUp,
        }
    }
}

impl Condition {
    /// What it makes of the scenario's verdict: none of them is a pass.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Restarted { .. }
            | Self::TargetEnded { .. }
            | Self::Aborted { .. }
            | Self::SourcesDiffer { .. } => Verdict::Fail,
            Self::NotReachable { .. }
            | Self::AmbiguousTarget { .. }
            | Self::NoResponse { .. }
            | Self::Interrupted { .. }
            | Self::Internal { .. }
            | Self::AbortInDoubt { .. }
            | Self::SeveralProcesses { .. }
            | Self::Skipped { .. }
            | Self::Idle { .. }
            | Self::NotVerified { .. }
            | Self::LoadOnly => Verdict::Inconclusive,
        }
    }

    /// Whether nobody answered, so that objectives were not judged.
    pub fn is_silence(&self) -> bool {
        matches!(
            self,
            Self::NotReachable { .. } | Self::AmbiguousTarget { .. } | Self::NoResponse { .. }
        )
    }

    /// What the process ends with, if nothing weightier happened.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotReachable { .. } | Self::AmbiguousTarget { .. } | Self::NoResponse { .. } => {
                ExitCode::NotReachable
            }
            Self::Interrupted { signal } => signal.exit_code(),
            Self::Internal { .. } => ExitCode::Internal,
            Self::Restarted { .. }
            | Self::TargetEnded { .. }
            | Self::Aborted { .. }
            | Self::SourcesDiffer { .. } => ExitCode::Failed,
            Self::AbortInDoubt { .. }
            | Self::SeveralProcesses { .. }
            | Self::Skipped { .. }
            | Self::Idle { .. }
            | Self::NotVerified { .. }
            | Self::LoadOnly => ExitCode::Inconclusive,
        }
    }

    /// What it is called, for `slogate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::NotReachable { .. } => codes::NOT_REACHABLE,
            Self::AmbiguousTarget { .. } => codes::AMBIGUOUS_TARGET,
            Self::NoResponse { .. } => codes::NO_RESPONSE,
            Self::Interrupted { .. } => codes::INTERRUPTED,
            Self::Internal { .. } => codes::INTERNAL_ERROR,
            Self::Restarted { .. } => restart::CODE,
            Self::TargetEnded { .. } => codes::TARGET_ENDED,
            Self::Aborted { .. } => codes::ABORTED,
            Self::AbortInDoubt { .. } => codes::ABORT_IN_DOUBT,
            Self::SeveralProcesses { .. } => restart::SEVERAL_PROCESSES,
            Self::Skipped { .. } => codes::SKIPPED,
            Self::Idle { .. } => idle_target::CODE,
            Self::SourcesDiffer { .. } => codes::SOURCES_DIFFER,
            Self::NotVerified { .. } => codes::NOT_VERIFIED,
            Self::LoadOnly => codes::LOAD_ONLY,
        }
    }

    /// A target or metrics that could not be reached, and the codes of why.
    pub fn not_reachable(
        reason: impl Into<String>,
        causes: impl IntoIterator<Item: ToString>,
    ) -> Self {
        Self::NotReachable { reason: reason.into(), causes: names_of(causes) }
    }

    /// A failure of slogate itself, and the codes of why.
    pub fn internal(reason: impl Into<String>, causes: impl IntoIterator<Item: ToString>) -> Self {
        Self::Internal { reason: reason.into(), causes: names_of(causes) }
    }

    /// Something that could not be verified, and the codes of why.
    pub fn not_verified(
        reason: impl Into<String>,
        causes: impl IntoIterator<Item: ToString>,
    ) -> Self {
        Self::NotVerified { reason: reason.into(), causes: names_of(causes) }
    }

    /// Whether it comes from asking another source, which can be done again.
    pub fn is_of_verification(&self) -> bool {
        matches!(self, Self::SourcesDiffer { .. } | Self::NotVerified { .. })
    }

    /// The names of its code and of what caused it.
    pub fn codes(&self) -> Vec<String> {
        let causes = match self {
            Self::NotReachable { causes, .. }
            | Self::Internal { causes, .. }
            | Self::NotVerified { causes, .. } => causes.as_slice(),
            _ => &[],
        };
        std::iter::once(self.code().to_string()).chain(causes.iter().cloned()).collect()
    }

    /// For people: a lowercase fragment.
    pub fn reason(&self) -> String {
        match self {
            Self::NotReachable { reason, .. } => format!("not reachable before load: {reason}"),
            Self::NoResponse { reason } => {
                format!("none of the first requests was answered: {reason}")
            }
            Self::Interrupted { signal: Signal::Interrupt } => "interrupted by SIGINT".into(),
            Self::Interrupted { signal: Signal::Terminate } => "ended by SIGTERM".into(),
            Self::Interrupted { signal: Signal::Hangup } => {
                "ended by SIGHUP: the terminal was closed".into()
            }
            Self::Internal { reason, .. } => format!("internal error: {reason}"),
            Self::Aborted { reason } | Self::AbortInDoubt { reason } => {
                format!("aborted: {reason}")
            }
            Self::Skipped { reason } => format!("skipped: {reason}"),
            Self::SourcesDiffer { reason } => format!("two sources differ: {reason}"),
            Self::NotVerified { reason, .. } => format!("not verified: {reason}"),
            Self::AmbiguousTarget { reason }
            | Self::Restarted { reason }
            | Self::TargetEnded { reason }
            | Self::Idle { reason }
            | Self::SeveralProcesses { reason } => reason.clone(),
            Self::LoadOnly => {
                "`slo: none` asks for load only, so nothing was judged; add objectives, or accept \
                 this with `--on-inconclusive warn`"
                    .into()
            }
        }
    }
}

/// Each name once.
fn names_of(codes: impl IntoIterator<Item: ToString>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in codes.into_iter().map(|code| code.to_string()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Why the objectives of a scenario were not judged: the first thing that happened to it.
pub fn why_not_judged(conditions: &[Condition]) -> Doubt {
    match conditions.first() {
        Some(first) => Doubt::new(first.code(), first.reason()),
        None => Doubt::new(codes::NOTHING_TO_JUDGE, "there was nothing to judge"),
    }
}

/// Of an instance that was not one process all the time.
impl From<(InstanceChange, Ruling)> for Condition {
    fn from((change, ruling): (InstanceChange, Ruling)) -> Self {
        let reason = ruling.reason;
        match change.kind {
            ChangeKind::StartTimeChanged { .. } | ChangeKind::CounterWentBack { .. } => {
                Self::Restarted { reason }
            }
            ChangeKind::SeveralProcesses { .. } => Self::SeveralProcesses { reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_condition_is_a_pass() {
        let reason = || "r".to_owned();
        let conditions = [
            Condition::not_reachable(reason(), ["no-address"]),
            Condition::AmbiguousTarget { reason: reason() },
            Condition::NoResponse { reason: reason() },
            Condition::Interrupted { signal: Signal::Interrupt },
            Condition::Interrupted { signal: Signal::Hangup },
            Condition::internal(reason(), ["load-lost"]),
            Condition::Restarted { reason: reason() },
            Condition::TargetEnded { reason: reason() },
            Condition::Aborted { reason: reason() },
            Condition::AbortInDoubt { reason: reason() },
            Condition::SeveralProcesses { reason: reason() },
            Condition::Skipped { reason: reason() },
            Condition::Idle { reason: reason() },
            Condition::SourcesDiffer { reason: reason() },
            Condition::not_verified(reason(), ["api-refused"]),
            Condition::LoadOnly,
        ];
        for condition in conditions {
            assert_ne!(condition.verdict(), Verdict::Pass, "{condition:?}");
            assert_ne!(condition.exit_code(), ExitCode::Pass, "{condition:?}");
            assert!(!condition.reason().is_empty());
        }
    }

    #[test]
    fn is_saved_by_its_kind() {
        let interrupted = Condition::Interrupted { signal: Signal::Terminate };
        let json = serde_json::to_string(&interrupted).unwrap();
        assert_eq!(json, r#"{"kind":"interrupted","signal":"SIGTERM"}"#);
        assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), interrupted);
    }

    #[test]
    fn what_caused_it_is_saved_by_name_and_each_is_named_once() {
        let refused = Condition::not_reachable("r", ["tls-failed", "no-address", "tls-failed"]);
        assert_eq!(refused.codes(), ["not-reachable", "tls-failed", "no-address"]);
        let json = serde_json::to_string(&refused).unwrap();
        assert_eq!(serde_json::from_str::<Condition>(&json).unwrap(), refused);
    }

    #[test]
    fn a_record_of_before_there_were_codes_is_read() {
        let old = r#"{"kind":"not_reachable","reason":"r"}"#;
        let read: Condition = serde_json::from_str(old).unwrap();
        assert_eq!(read.codes(), ["not-reachable"]);
        assert_eq!(serde_json::to_string(&read).unwrap(), old);
    }
}
