//! What is wrong with a scenario file: every problem with its place, the source
//! line underlined, and what to do.
//!
//! Problems are collected and never stop the reading, so that one run of `check`
//! shows all of them. Rendering to text is here; printing is the caller's.

use std::fmt;
use std::sync::Arc;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, Severity,
    SourceCode, SourceSpan, SpanContents,
};

use super::model::Place;
use super::secrecy::redacted;
use super::source::{Source, Span};

/// Columns that a rendered message is wrapped to.
const RENDER_WIDTH: usize = 100;

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    source: Arc<Source>,
    span: Option<Span>,
    message: String,
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
    pub(super) fn at(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self { span: Some(span), ..Self::whole_file(source, message) }
    }

    pub(super) fn whole_file(source: &Arc<Source>, message: impl Into<String>) -> Self {
        Self {
            source: Arc::clone(source),
            span: None,
            message: message.into(),
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
    pub(super) fn redact(&mut self, used: &[(String, String)]) {
        self.message = redacted(&self.message, used);
        self.label = self.label.as_deref().map(|label| redacted(label, used));
        self.help = self.help.as_deref().map(|help| redacted(help, used));
    }

    /// The same as something suspicious.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.is_warning = true;
        self
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
        self.render_themed(GraphicalTheme::unicode_nocolor())
    }

    /// The problem with its source line underlined, in a terminal's colours.
    pub fn render_in_colour(&self) -> String {
        self.render_themed(GraphicalTheme::unicode())
    }

    /// What is underlined: the first line of a span, where it is not empty.
    fn underlined(&self, span: Span) -> (usize, usize) {
        let start = self.source.floor(span.start);
        let text = self.source.slice(Span { start, ..span });
        (start, text.lines().next().unwrap_or_default().trim_end().len())
    }

    fn render_themed(&self, theme: GraphicalTheme) -> String {
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(RENDER_WIDTH)
            .with_links(false)
            .with_context_lines(0)
            .without_syntax_highlighting();
        match handler.render_report(&mut text, self) {
            Ok(()) => text,
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

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(if self.is_warning { Severity::Warning } else { Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.map(|_| self as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (start, length) = self.underlined(self.span?);
        let label = LabeledSpan::new(self.label.clone(), start, length);
        Some(Box::new(std::iter::once(label)))
    }
}

impl SourceCode for Problem {
    /// The lines that the span begins and ends on, whatever context is asked for.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _context_lines_before: usize,
        _context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &*self.source.text;
        let start = self.source.floor(span.offset());
        let end = self.source.floor(span.offset().saturating_add(span.len())).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
        let shown = &text[line_start..line_end];
        let place = self.source.place(start);
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.source.name.to_string(),
            shown.as_bytes(),
            (line_start, shown.len()).into(),
            place.line - 1,
            // Of the span, not of the shown text: the header prints it.
            place.column - 1,
            shown.matches('\n').count() + 1,
        )))
    }
}

impl Problems {
    /// All problems, then all warnings, each with its source line underlined.
    pub fn render(&self) -> String {
        self.all().map(Problem::render).collect::<Vec<_>>().join("\n")
    }

    /// The same in a terminal's colours.
    pub fn render_in_colour(&self) -> String {
        self.all().map(Problem::render_in_colour).collect::<Vec<_>>().join("\n")
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
