//! What is wrong with a scenario file: every problem with its place, the source
//! line underlined, and what to do.
//!
//! Problems are collected and never stop the reading, so that one run of `check`
//! shows all of them. Rendering to text is here; printing is the caller's.

mod excerpt;

use std::fmt;
use std::sync::Arc;

use excerpt::Excerpt;
use miette::{GraphicalReportHandler, GraphicalTheme};

use crate::code::Code;

use super::hidden::Hidden;
use super::model::Place;
use super::source::{Source, Span};

/// Columns that a rendered message is wrapped to.
const RENDER_WIDTH: usize = 100;
/// What the drawing library puts in front of a message.
const MARGIN: &str = "  ";
/// Columns that a source line is cut to where nobody knows the terminal's.
const LINE_WIDTH: usize = 80;

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    source: Arc<Source>,
    span: Option<Span>,
    message: Box<str>,
    label: Option<String>,
    help: Option<String>,
    is_warning: bool,
}

/// Everything that is wrong with a file and what it includes; at least one problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// What makes the file unusable, in file order.
    pub problems: Vec<Problem>,
    /// What is suspicious but usable, in file order.
    pub warnings: Vec<Problem>,
}

impl Problem {
    pub(super) fn at(
        code: Code,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { span: Some(span), ..Self::whole_file(code, source, message) }
    }

    pub(super) fn whole_file(code: Code, source: &Arc<Source>, message: impl Into<String>) -> Self {
        Self {
            code,
            source: Arc::clone(source),
            span: None,
            message: message.into().into_boxed_str(),
            label: None,
            help: None,
            is_warning: false,
        }
    }

    /// Says at the underlined place what it is about.
    pub(super) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Shows stars where secrets stand in the file that it is about.
    pub(super) fn conceal(&mut self, secrets: &[Span]) {
        let Some(file) = self.span.map(|span| span.file) else { return };
        let here = secrets.iter().filter(|secret| secret.file == file);
        self.source = Arc::new(
            here.fold((*self.source).clone(), |source, secret| source.concealing(*secret)),
        );
    }

    /// Names variables where their values stand.
    pub(super) fn redact(&mut self, values: &Hidden) {
        self.message = values.taken_out_of(&self.message).into_boxed_str();
        self.label = self.label.as_deref().map(|label| values.taken_out_of(label));
        self.help = self.help.as_deref().map(|help| values.taken_out_of(help));
    }

    /// The same as something suspicious.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.is_warning = true;
        self
    }

    /// What kind of problem it is, for `slogate explain`.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is wrong, a lowercase fragment.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if that is known.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// What the underlined place says, if it says more.
    pub fn label_text(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Where it is; the first character of the file for a problem of the whole file.
    pub fn place(&self) -> Place {
        self.source.place(self.span.map_or(0, |span| span.start))
    }

    /// The problem with its source line underlined, without colour.
    pub fn render(&self) -> String {
        self.render_themed(GraphicalTheme::unicode_nocolor(), None)
    }

    /// The problem with its source line underlined, in a terminal's colours and its
    /// columns, where there is one.
    pub fn render_in_colour(&self, columns: Option<usize>) -> String {
        self.render_themed(GraphicalTheme::unicode(), columns)
    }

    fn render_themed(&self, mut theme: GraphicalTheme, columns: Option<usize>) -> String {
        let mut text = String::new();
        theme.characters.error = format!("error[{}]:", self.code);
        theme.characters.warning = format!("warning[{}]:", self.code);
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(columns.unwrap_or(RENDER_WIDTH).min(RENDER_WIDTH))
            .with_links(false)
            .with_context_lines(0)
            .without_syntax_highlighting();
        let excerpt = Excerpt::new(self, columns.unwrap_or(LINE_WIDTH));
        match handler.render_report(&mut text, &excerpt) {
            // What it says stands at the margin, as a compiler's messages do.
            Ok(()) => text.strip_prefix(MARGIN).map_or(text.clone(), str::to_owned),
            Err(fmt::Error) => format!("{self}\n"),
        }
    }
}

/// The message alone; the place is beside it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Problems {
    /// The code of each problem.
    pub fn codes(&self) -> impl Iterator<Item = Code> + '_ {
        self.problems.iter().map(Problem::code)
    }

    /// All problems, then all warnings, each with its source line underlined.
    pub fn render(&self) -> String {
        self.all().map(Problem::render).collect::<Vec<_>>().join("\n")
    }

    /// Whether there is neither a problem nor a warning.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty() && self.warnings.is_empty()
    }

    fn all(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(&self.warnings)
    }
}

/// One line per problem: `file:line:column: message`.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let place = problem.place();
            let separator = if at > 0 { "\n" } else { "" };
            write!(f, "{separator}{}:{}:{}: {problem}", place.file, place.line, place.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
