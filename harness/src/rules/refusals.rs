//! Files that an engine refuses, and what both say of them.

use std::fmt;
use std::path::PathBuf;

use slogate_promql::rules::RuleError;

use super::codes;
use crate::code::Code;

/// Files that promtool refuses, or about which the engines disagree.
#[derive(Clone, Debug)]
pub struct Refusals {
    /// Problems that the built-in engine found.
    pub built_in: Vec<RuleError>,
    /// What promtool said of each file that it refuses.
    pub promtool: Vec<PromtoolRefusal>,
    /// Rule files that one engine takes and the other refuses.
    pub disputed: Vec<PathBuf>,
}

/// A file that promtool refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromtoolRefusal {
    /// The file.
    pub file: PathBuf,
    /// promtool's version.
    pub version: String,
    /// All that it said.
    pub output: String,
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.coded().into_iter().map(|(_, text)| text).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl Refusals {
    /// What each engine says, and then what they disagree about.
    pub(super) fn coded(&self) -> Vec<(Code, String)> {
        let built_in = self.built_in.iter().map(|one| (codes::INVALID_RULE, one.to_string()));
        let promtool = self.promtool.iter().map(|one| (codes::PROMTOOL_REFUSAL, one.to_string()));
        let disputed =
            self.disputed.iter().map(|file| (codes::ENGINES_DISAGREE, self.dispute(file)));
        built_in.chain(promtool).chain(disputed).collect()
    }

    fn dispute(&self, file: &PathBuf) -> String {
        let [refuses, takes] = if self.promtool.iter().any(|refusal| refusal.file == *file) {
            ["promtool", "the built-in engine"]
        } else {
            ["the built-in engine", "promtool"]
        };
        format!(
            "{}: {refuses} refuses it and {takes} does not; mend the file, or ask one of them \
             with `--engine built-in` or `--engine promtool`",
            file.display()
        )
    }
}

impl fmt::Display for PromtoolRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, version, output } = self;
        write!(f, "promtool {version} refuses {}:", file.display())?;
        output.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}
