//! What somebody has decided not to be told: the `.lint` file of grafana/dashboard-linter beside
//! a dashboard, with the same form (`lint/configuration.go` there).
//!
//! An entry is about what it names: one without a panel is about all of them. Checks of this
//! program that the linter does not have can be excluded by the same file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use slogate_promql::lint::Severity;

use super::codes;
use super::found::Found;
use super::lint::NOT_HELD;
use super::model::Dashboard;
use crate::scenario::closest;

/// What a `.lint` file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusions {
    /// Rules that are not told, or only where an entry says.
    #[serde(default, rename = "exclusions")]
    excluded: BTreeMap<String, Option<Entries>>,
    /// Rules whose findings are told one level lower.
    #[serde(default, rename = "warnings")]
    lowered: BTreeMap<String, Option<Entries>>,
    /// Settings of rules of the linter that are not held here.
    #[serde(default, rename = "settings")]
    _settings: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    #[serde(default, rename = "reason")]
    _reason: Option<String>,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default, rename = "reason")]
    _reason: Option<String>,
    dashboard: Option<String>,
    panel: Option<String>,
    #[serde(rename = "targetIdx")]
    target: Option<Index>,
}

/// A number, or a number as a text: files have both.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Index {
    Number(usize),
    Text(String),
}

impl Index {
    fn is(&self, index: usize) -> bool {
        match self {
            Self::Number(number) => *number == index,
            Self::Text(text) => text.trim().parse() == Ok(index),
        }
    }
}

impl Entry {
    fn matches(&self, found: &Found, board: &Dashboard) -> bool {
        let panel = found.panel.and_then(|index| board.panels.get(index));
        let is_panel = |title: &String| panel.is_some_and(|panel| panel.title == *title);
        let is_target = |index: &Index| found.target.is_some_and(|target| index.is(target));
        self.dashboard.as_ref().is_none_or(|title| *title == board.title)
            && self.panel.as_ref().is_none_or(is_panel)
            && self.target.as_ref().is_none_or(is_target)
    }
}

impl Exclusions {
    /// Reads a `.lint` file; an error says where it is wrong.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_saphyr::from_str(text).map_err(|error| error.without_snippet().to_string())
    }

    /// The findings that are left, and of those that were lowered their new level; rules that no
    /// check has, and entries for this dashboard that exclude nothing, are findings themselves.
    pub(super) fn apply(&self, found: Vec<Found>, board: &Dashboard, known: &[&str]) -> Vec<Found> {
        let mut told = self.mistakes(&found, board, known);
        for one in found {
            let name = one.code.name();
            if is_listed(&self.excluded, name, &one, board) {
                continue;
            }
            let is_lowered = is_listed(&self.lowered, name, &one, board);
            let level = if is_lowered { lower(one.level) } else { one.level };
            told.push(Found { level, ..one });
        }
        told
    }

    fn mistakes(&self, found: &[Found], board: &Dashboard, known: &[&str]) -> Vec<Found> {
        let kind = (codes::UNUSED_EXCLUSION, Severity::Info);
        let mut told = Vec::new();
        for (name, entries) in self.excluded.iter().chain(&self.lowered) {
            let is_known =
                known.contains(&name.as_str()) || NOT_HELD.iter().any(|(other, _)| other == name);
            if !is_known {
                let instead = match closest(name, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name a check as findings do".to_owned(),
                };
                let why = format!("`.lint` excludes `{name}`, which is the name of no check");
                told.push(Found::new((kind.0, Severity::Warning), why, instead));
            }
            for entry in entries.iter().flat_map(|entries| &entries.entries) {
                let is_for_this = entry.dashboard.as_ref() == Some(&board.title);
                let is_used =
                    found.iter().any(|one| one.code.name() == name && entry.matches(one, board));
                if is_known && is_for_this && !is_used {
                    let panel =
                        entry.panel.as_deref().map_or(String::new(), |it| format!(" in `{it}`"));
                    let why =
                        format!("`.lint` excludes `{name}`{panel}, and it finds nothing there");
                    told.push(Found::new(kind, why, "take the entry out"));
                }
            }
        }
        told
    }
}

/// Whether a rule is listed without entries, or with one that is about a finding.
fn is_listed(
    rules: &BTreeMap<String, Option<Entries>>,
    name: &str,
    found: &Found,
    board: &Dashboard,
) -> bool {
    match rules.get(name) {
        None => false,
        Some(None) => true,
        Some(Some(Entries { entries, .. })) => {
            entries.is_empty() || entries.iter().any(|entry| entry.matches(found, board))
        }
    }
}

fn lower(level: Severity) -> Severity {
    match level {
        Severity::Error => Severity::Warning,
        Severity::Warning | Severity::Info => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Panel;
    use super::*;

    fn board() -> Dashboard {
        let panel = |title: &str| Panel { title: title.to_owned(), ..Panel::default() };
        let panels = vec![panel("a"), panel("b")];
        Dashboard { title: "Shop".to_owned(), panels, ..Dashboard::default() }
    }

    fn left(file: &str) -> Vec<String> {
        let kind = (codes::TARGET_JOB, Severity::Warning);
        let found = [(0, 0), (0, 1), (1, 0)].map(|(panel, target)| Found {
            panel: Some(panel),
            target: Some(target),
            ..Found::new(kind, format!("{panel}/{target}"), "")
        });
        let known = ["target-job-rule", "panel-units-rule"];
        let left = Exclusions::parse(file).unwrap().apply(found.to_vec(), &board(), &known);
        left.into_iter().map(|one| format!("{} {}", one.level.word(), one.why)).collect()
    }

    #[test]
    fn a_rule_is_left_out_as_a_whole_or_where_an_entry_says() {
        let all = ["warning 0/0", "warning 0/1", "warning 1/0"];
        assert_eq!(left(""), all);
        assert_eq!(left("exclusions:\n  panel-units-rule:\n"), all);
        assert_eq!(left("exclusions:\n  target-job-rule:\n"), [] as [&str; 0]);
        let panel =
            "exclusions:\n  target-job-rule:\n    reason: so\n    entries:\n    - panel: a\n";
        assert_eq!(left(panel), ["warning 1/0"]);
        for index in ["1", "\"1\""] {
            let target = format!("{panel}      targetIdx: {index}\n");
            assert_eq!(left(&target), ["warning 0/0", "warning 1/0"]);
        }
        let other = "exclusions:\n  target-job-rule:\n    entries: [{ dashboard: Other }]\n";
        assert_eq!(left(other), all);
        let lowered = "warnings:\n  target-job-rule:\n    entries: [{ panel: b }]\n";
        assert_eq!(left(lowered), ["warning 0/0", "warning 0/1", "info 1/0"]);
    }

    #[test]
    fn what_excludes_nothing_is_told() {
        let idle =
            "exclusions:\n  panel-units-rule:\n    entries: [{ dashboard: Shop, panel: a }]\n";
        assert!(left(idle)[0].contains("excludes `panel-units-rule` in `a`"), "{:?}", left(idle));
        let typo = left("exclusions:\n  target-jobs-rule:\n");
        assert!(typo[0].starts_with("warning `.lint` excludes `target-jobs-rule`"), "{typo:?}");
        for wrong in ["exclusion: {}", "exclusions: [a]", "exclusions: { a: { entry: [] } }", "- a"]
        {
            assert!(Exclusions::parse(wrong).is_err(), "{wrong}");
        }
    }
}
