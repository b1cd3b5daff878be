//! One thing that is wrong, by the numbers of what it is about: before it is told, exclusions
//! are asked and names and places are looked up.

use slogate_promql::lint::Severity;

use super::model::Variable;
use super::queries::Query;
use crate::code::Code;

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) code: Code,
    pub(super) level: Severity,
    /// Bytes from the start of the file.
    pub(super) at: usize,
    /// Where a text begins there, bytes of its value up to what is meant.
    pub(super) offset: Option<usize>,
    /// The panel's place among all panels.
    pub(super) panel: Option<usize>,
    /// The query's place among those of its panel.
    pub(super) target: Option<usize>,
    /// The variable's name.
    pub(super) variable: Option<String>,
    /// A sentence without its stop.
    pub(super) why: String,
    /// A sentence without its stop.
    pub(super) instead: String,
}

impl Found {
    /// About the whole dashboard.
    pub(super) fn new(
        (code, level): (Code, Severity),
        why: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        let (why, instead) = (why.into(), instead.into());
        Self {
            code,
            level,
            at: 0,
            offset: None,
            panel: None,
            target: None,
            variable: None,
            why,
            instead,
        }
    }

    /// About a panel.
    pub(super) fn in_panel(self, index: usize, at: usize) -> Self {
        Self { panel: Some(index), at, ..self }
    }

    /// About a query.
    pub(super) fn in_query(self, query: &Query<'_>) -> Self {
        let target = Some(query.target.index);
        Self { panel: Some(query.panel_index), target, at: query.target.at, ..self }
    }

    /// About a variable.
    pub(super) fn in_variable(self, variable: &Variable) -> Self {
        Self { variable: Some(variable.name.clone()), at: variable.at, ..self }
    }
}
