//! Rule: a target that restarted under load has failed, whatever its counters say since.
//!
//! A restart resets counters and loses what was in flight; after it, "no failures"
//! means "none that it remembers". It shows as another process start time, or as a
//! counter that went back on one instance. Start times that come and go belong to
//! several processes behind one address, whose counters cannot be judged as one.

use crate::code::Code;
use crate::series::{ChangeKind, InstanceChange};
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["restart", include_str!("../codes/restart.md")]);

/// Of an address at which several processes answer.
pub const SEVERAL_PROCESSES: Code =
    Code::new(&["several-processes", include_str!("../codes/several-processes.md")]);

/// Rules a scenario in which an instance of the target was not one process all the time.
pub fn rule(change: &InstanceChange) -> Ruling {
    match change.kind {
        ChangeKind::StartTimeChanged { .. } | ChangeKind::CounterWentBack { .. } => {
            Ruling::fail(CODE, change.to_string())
        }
        ChangeKind::SeveralProcesses { .. } => {
            Ruling::inconclusive(SEVERAL_PROCESSES, change.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;

    fn ruled(kind: ChangeKind) -> Ruling {
        rule(&InstanceChange { instance: "127.0.0.1:4001".into(), at_ms: 1, kind })
    }

    #[test]
    fn a_restart_is_a_fail() {
        let ruling = ruled(ChangeKind::StartTimeChanged { before: 100.0, after: 230.5 });
        assert_eq!(
            ruling,
            Ruling::fail(
                CODE,
                "`127.0.0.1:4001` restarted: process_start_time_seconds went from 100 to 230.5"
            )
        );
    }

    #[test]
    fn several_processes_are_a_doubt_about_everything_they_count() {
        let ruling = ruled(ChangeKind::SeveralProcesses { start_times: 2 });
        assert_eq!(ruling.verdict, Verdict::Inconclusive);
        assert!(ruling.reason.contains("list them"), "{}", ruling.reason);
    }
}
