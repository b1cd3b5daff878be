//! How many answers are as expected.

use std::fmt::Write as _;

use super::Proposal;
use super::load::LoadProposal;
use super::seen::Seen;

/// The share of good answers.
pub(super) fn propose(seen: &Seen<'_>, load: &LoadProposal) -> Proposal {
    let mut reason = format!(
        "An answer is good if its status is as expected (any 2xx unless `expect` says more). {} \
         requests without a failure are the fewest that prove this share; the load sends {}.",
        load.needed_for_ratio(),
        load.requests,
    );
    if seen.failed() > 0 {
        let kinds: Vec<String> =
            seen.failures.iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
        let all = seen.answers.max(seen.failed());
        let _ = write!(
            reason,
            " {} of {all} requests of the look failed ({}), so this may not hold yet.",
            seen.failed(),
            kinds.join(", ")
        );
    }
    let objective = format!("'ratio(success) >= {:.0}%'", load.success_ratio * 100.0);
    if seen.failed() > 0 {
        Proposal::comment(reason, objective)
    } else {
        Proposal::in_force(reason, objective)
    }
}
