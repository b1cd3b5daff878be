//! What the lowering of one scenario carries along: the files read so far and the
//! problems found so far.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::hidden::Hidden;
use super::known::KnownMetrics;
use super::model::{Place, Variables};
use super::problem::{Problem, Problems};
use super::source::{Source, Span};
use crate::code::Code;

/// Collects problems; nothing stops at the first one.
pub(super) struct Context<'a> {
    /// Values for `${NAME}`.
    pub(super) variables: &'a Variables,
    /// What the target is known to have, where the caller knows it.
    pub(super) known: Option<&'a KnownMetrics>,
    sources: Vec<Arc<Source>>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    /// Values that are not known, for a reason that is reported.
    unknown_values: Vec<Span>,
    /// Problems at such values: consequences, and not shown.
    consequences: Vec<Problem>,
    /// Names of the variables that stand in the files.
    used: BTreeSet<String>,
    /// What no message may show, whatever else is wrong on its line.
    concealed: Vec<Span>,
}

impl<'a> Context<'a> {
    /// Nothing read, nothing wrong.
    pub(super) fn new(variables: &'a Variables, known: Option<&'a KnownMetrics>) -> Self {
        Self {
            variables,
            known,
            sources: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
            unknown_values: Vec::new(),
            consequences: Vec::new(),
            used: BTreeSet::new(),
            concealed: Vec::new(),
        }
    }

    /// Takes in a file and gives the number by which spans refer to it.
    pub(super) fn add_source(&mut self, source: Arc<Source>) -> usize {
        self.sources.push(source);
        self.sources.len() - 1
    }

    /// The file of a span.
    pub(super) fn source(&self, span: Span) -> &Arc<Source> {
        &self.sources[span.file]
    }

    /// Where a span begins.
    pub(super) fn place(&self, span: Span) -> Place {
        self.source(span).place(span.start)
    }

    /// The rest of the line at a place.
    pub(super) fn span_of(&self, place: &Place) -> Span {
        let file = self.sources.iter().position(|source| source.name == place.file).unwrap_or(0);
        let Some(source) = self.sources.get(file) else {
            return Span::default();
        };
        let start = source.offset(place.line, place.column);
        let length = source.text[start..].lines().next().map_or(0, str::len);
        Span { file, start, length }
    }

    /// Notes a problem; label and help can be added to what comes back.
    pub(super) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Problem {
        let problem = Problem::at(code, self.source(span), span, message);
        if self.unknown_values.iter().any(|unknown| unknown.contains(span)) {
            let at = self.consequences.len();
            self.consequences.push(problem);
            return &mut self.consequences[at];
        }
        self.push(problem)
    }

    /// Whatever else is wrong at this span follows from what is reported already.
    pub(super) fn value_is_unknown(&mut self, span: Span) {
        self.unknown_values.push(span);
    }

    /// A variable stands in a file; no message shows its value.
    pub(super) fn note_use(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    /// The variables that stand in the files, with their values.
    pub(super) fn used_values(&self) -> Vec<(String, String)> {
        let values = self.used.iter().filter_map(|name| self.variables.get_key_value(name));
        values.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// What stands here is a secret that should not, and no message may show it.
    pub(super) fn conceal(&mut self, span: Span) {
        self.concealed.push(span);
    }

    /// Notes something suspicious.
    pub(super) fn warning(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Problem {
        let warning = Problem::at(code, self.source(span), span, message).into_warning();
        let at = self.warnings.len();
        self.warnings.push(warning);
        &mut self.warnings[at]
    }

    /// Notes a problem that is already complete.
    pub(super) fn push(&mut self, problem: Problem) -> &mut Problem {
        let at = self.problems.len();
        self.problems.push(problem);
        &mut self.problems[at]
    }

    /// How many problems there are so far.
    pub(super) fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// What was found, in file order, the same thing once (an alias repeats it).
    pub(super) fn finish(self) -> Problems {
        let values = Hidden::of_variables(&self.used_values());
        let shown = |problems| {
            let mut shown = concealed(in_file_order(&self.sources, problems), &self.concealed);
            for problem in &mut shown {
                problem.redact(&values);
            }
            shown
        };
        Problems { problems: shown(self.problems), warnings: shown(self.warnings) }
    }
}

fn concealed(mut problems: Vec<Problem>, secrets: &[Span]) -> Vec<Problem> {
    for problem in problems.iter_mut().filter(|_| !secrets.is_empty()) {
        problem.conceal(secrets);
    }
    problems
}

fn in_file_order(sources: &[Arc<Source>], mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_cached_key(|problem| {
        let place = problem.place();
        let file = sources.iter().position(|source| source.name == place.file);
        (file, place.line, place.column)
    });
    let mut unique: Vec<Problem> = Vec::new();
    for problem in problems {
        if !unique.contains(&problem) {
            unique.push(problem);
        }
    }
    unique
}
