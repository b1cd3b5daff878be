//! What the lowering of one scenario carries along: the files read so far and the
//! problems found so far.

use std::sync::Arc;

use super::model::{Place, Variables};
use super::problem::{Problem, Problems};
use super::source::{Source, Span};

/// Collects problems; nothing stops at the first one.
pub(super) struct Context<'a> {
    /// Values for `${NAME}`.
    pub(super) variables: &'a Variables,
    sources: Vec<Arc<Source>>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<'a> Context<'a> {
    /// Nothing read, nothing wrong.
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables, sources: Vec::new(), problems: Vec::new(), warnings: Vec::new() }
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

    /// Every file read so far.
    pub(super) fn sources(&self) -> &[Arc<Source>] {
        &self.sources
    }

    /// Where a span begins.
    pub(super) fn place(&self, span: Span) -> Place {
        self.source(span).place(span.start)
    }

    /// Notes a problem; label and help can be added to what comes back.
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Problem {
        let problem = Problem::at(self.source(span), span, message);
        self.push(problem)
    }

    /// Notes something suspicious.
    pub(super) fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Problem {
        let warning = Problem::at(self.source(span), span, message).into_warning();
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
        Problems {
            problems: in_file_order(&self.sources, self.problems),
            warnings: in_file_order(&self.sources, self.warnings),
        }
    }
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
