//! What the process ends with: one enum, which also writes `docs/exit-codes.md`.

use std::fmt::Write as _;

use crate::code::{Code, CodeGroup};

const PASS: Code = Code::new(&["0", include_str!("exit_codes/0.md")]);
const FAILED: Code = Code::new(&["1", include_str!("exit_codes/1.md")]);
const USAGE: Code = Code::new(&["2", include_str!("exit_codes/2.md")]);
const INCONCLUSIVE: Code = Code::new(&["3", include_str!("exit_codes/3.md")]);
const NOT_REACHABLE: Code = Code::new(&["4", include_str!("exit_codes/4.md")]);
const INTERNAL: Code = Code::new(&["5", include_str!("exit_codes/5.md")]);
const HUNG_UP: Code = Code::new(&["129", include_str!("exit_codes/129.md")]);
const INTERRUPTED: Code = Code::new(&["130", include_str!("exit_codes/130.md")]);
const TERMINATED: Code = Code::new(&["143", include_str!("exit_codes/143.md")]);

/// The explanation of every exit code, by number.
pub const EXIT_CODES: CodeGroup = CodeGroup {
    title: "Exit codes",
    codes: &[
        PASS,
        FAILED,
        USAGE,
        INCONCLUSIVE,
        NOT_REACHABLE,
        INTERNAL,
        HUNG_UP,
        INTERRUPTED,
        TERMINATED,
    ],
};

/// The exit codes, weightiest last: of several that apply the greatest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitCode {
    /// Everything that was judged holds.
    Pass,
    /// Something could not be judged.
    Inconclusive,
    /// The target or its metrics were not there before the measured load.
    NotReachable,
    /// A gate failed.
    Failed,
    /// The command line or a file is wrong.
    Usage,
    /// slogate itself failed.
    Internal,
    /// Ended by SIGHUP.
    HungUp,
    /// Ended by SIGTERM.
    Terminated,
    /// Ended by SIGINT.
    Interrupted,
}

impl ExitCode {
    /// All, weightiest first.
    pub const ALL: [Self; 9] = [
        Self::Interrupted,
        Self::Terminated,
        Self::HungUp,
        Self::Internal,
        Self::Usage,
        Self::Failed,
        Self::NotReachable,
        Self::Inconclusive,
        Self::Pass,
    ];

    /// The number that the process ends with.
    pub fn number(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::NotReachable => 4,
            Self::Internal => 5,
            // 128 and the signal's number, as shells report it.
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Its explanation; the name is the number.
    pub fn code(self) -> Code {
        match self {
            Self::Pass => PASS,
            Self::Inconclusive => INCONCLUSIVE,
            Self::NotReachable => NOT_REACHABLE,
            Self::Failed => FAILED,
            Self::Usage => USAGE,
            Self::Internal => INTERNAL,
            Self::HungUp => HUNG_UP,
            Self::Terminated => TERMINATED,
            Self::Interrupted => INTERRUPTED,
        }
    }

    /// What it means, as a lowercase fragment.
    pub fn meaning(self) -> &'static str {
        self.code().summary()
    }

    /// The weightier of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// The page about exit codes, in Markdown.
    pub fn page() -> String {
        let mut page = String::from(
            "# Exit codes\n\n\
             <!-- Generated from harness/src/gate/exit_code.rs; `SLOGATE_BLESS=1 cargo test` renews it. -->\n\n\
             When several apply, the one further up in this table wins. `slogate explain 3` says more of \
             each ([codes.md](codes.md#exit-codes)).\n\n\
             | code | meaning |\n|---|---|\n",
        );
        for code in Self::ALL {
            let _ = writeln!(page, "| {} | {} |", code.number(), code.meaning());
        }
        page.push_str(
            "\nA second signal ends the process at once, with the code of the second and without a \
             report. Under nohup, which ignores SIGHUP, slogate ignores it too.\n\n\
             Failure beats doubt: with one objective missed and ten that could not be judged the \
             code is 1. A crash of the target under load is 1, not 4: after the first measured \
             answer, refusals, resets and time-outs are failed requests.\n\n\
             `--on-inconclusive warn` turns 3, and only 3, into 0; the reports still say \
             `inconclusive`. `slo: none` (load only) judges nothing, so it ends with 3 as well.\n",
        );
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_wins() {
        let numbers = ExitCode::ALL.map(ExitCode::number);
        assert_eq!(numbers, [130, 143, 129, 5, 2, 1, 4, 3, 0]);
        assert!(ExitCode::ALL.iter().all(|code| code.code().name() == code.number().to_string()));
        assert!(ExitCode::ALL.is_sorted_by(|one, other| one > other));
        assert_eq!(ExitCode::NotReachable.or(ExitCode::Failed), ExitCode::Failed);
    }
}
