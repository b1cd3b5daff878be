//! What the service counted, held against what its clients saw.

use std::{collections::BTreeMap, fmt, time::Instant};

use crate::{process::PATIENCE, service::total};

/// What clients saw of their exports.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Answers by status and reason, which is empty for a file.
    answers: BTreeMap<(u16, String), u64>,
    /// Clients that left without an answer.
    left: u64,
}

impl Tally {
    pub(crate) fn note_answer(&mut self, status: u16, reason: String) {
        *self.answers.entry((status, reason)).or_default() += 1;
    }

    pub(crate) fn note_leaver(&mut self) {
        self.left += 1;
    }

    /// How many clients saw this reason.
    pub(crate) fn answered(&self, reason: &str) -> u64 {
        let of_reason = self.answers.iter().filter(|((_, known), _)| known == reason);
        of_reason.map(|(_, count)| count).sum()
    }

    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// Whether an exposition has counted every request; those who left may still be on
    /// their way into the service.
    pub(crate) fn is_counted(&self, exposition: &str, since: Instant) -> bool {
        let sent = self.answers.values().sum::<u64>() + self.left;
        let counted = total(exposition, "export_requests_total{", "");
        let is_idle = exposition.contains("\nexport_concurrent_running 0\n")
            && exposition.contains("\nexport_queue_depth 0\n");
        assert!(counted <= sent, "{counted} requests are counted and {sent} were sent");
        let is_counted = counted == sent && is_idle;
        assert!(
            is_counted || since.elapsed() < PATIENCE,
            "after {PATIENCE:?} {counted} of {sent} requests are counted:\n{exposition}"
        );
        is_counted
    }

    /// Holds every counter against this.
    pub(crate) fn check(&self, exposition: &str) {
        let status =
            |name: &str| total(exposition, "export_requests_total{", &format!("status=\"{name}\""));
        let failures =
            |name: &str| total(exposition, "export_fail_total{", &format!("reason=\"{name}\""));
        assert_eq!(status("succeeded"), self.answered(""), "{exposition}");
        assert_eq!(total(exposition, "export_latency_ms_count{", ""), self.answered(""));
        for (code, reason) in self.answers.keys() {
            match reason.as_str() {
                "" => assert_eq!(*code, 200, "{self:?}"),
                "queue_full" => assert_eq!(*code, 429, "{self:?}"),
                _ => assert_eq!(failures(reason), self.answered(reason), "{reason}\n{exposition}"),
            }
        }
        // Who left may have been refused before, and did not see it.
        let refused_unseen = failures("queue_full") - self.answered("queue_full");
        assert_eq!(failures("client_gone") + refused_unseen, self.left, "{exposition}");
        let lost = status("failed") + status("rejected");
        assert_eq!(total(exposition, "export_fail_total{", ""), lost);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((status, reason), count) in &self.answers {
            writeln!(f, "{count:>8} answers {status} {reason}")?;
        }
        writeln!(f, "{:>8} clients left before an answer", self.left)
    }
}
