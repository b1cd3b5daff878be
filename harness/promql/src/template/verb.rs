//! One verb of Go's `printf` with its flags, and how a text is laid out by them.

use super::TemplateError;
use super::value::expansion;

/// A verb with what stands in front of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Verb {
    /// Any of `-`, `+`, `0` and space.
    flags: String,
    width: usize,
    pub(super) precision: Option<usize>,
    pub(super) letter: char,
}

/// Wider than this is a mistake, not a layout.
const MOST_WIDTH: usize = 1000;

impl Verb {
    /// Reads what follows a percent sign; what is left comes back with it.
    pub(super) fn read(text: &str) -> Result<(Self, &str), TemplateError> {
        let mut verb = Self::default();
        let mut rest = text;
        while let Some(flag @ ('-' | '+' | '0' | ' ')) = rest.chars().next() {
            verb.flags.push(flag);
            rest = &rest[1..];
        }
        (verb.width, rest) = digits(rest);
        if let Some(after) = rest.strip_prefix('.') {
            let precision;
            (precision, rest) = digits(after);
            verb.precision = Some(precision);
        }
        let letter = rest.chars().next().ok_or_else(|| expansion("%!(NOVERB)"))?;
        if matches!(letter, '#' | '*' | '[') {
            return Err(TemplateError::Unsupported(format!("`{letter}` in the format `%{text}`")));
        }
        verb.letter = letter;
        Ok((verb, &rest[letter.len_utf8()..]))
    }

    pub(super) fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// The same layout for another letter.
    pub(super) fn with_letter(&self, letter: char) -> Self {
        Self { letter, ..self.clone() }
    }

    /// As `%v` takes it, which knows no plus sign.
    pub(super) fn without_plus(&self) -> Self {
        Self { flags: self.flags.replace('+', ""), ..self.clone() }
    }

    /// An error that says which verb is not among those that are known here.
    pub(super) fn unsupported(&self, what: &str) -> TemplateError {
        TemplateError::Unsupported(format!("{what} with the verb `%{}` of printf", self.letter))
    }

    /// A number, written without a plus sign, with the sign that is asked for.
    pub(super) fn signed(&self, text: String) -> String {
        if text.starts_with(['-', '+']) {
            text
        } else if self.has('+') {
            format!("+{text}")
        } else if self.has(' ') {
            format!(" {text}")
        } else {
            text
        }
    }

    /// A text as wide as asked for, zeros in front of it where they are asked for.
    pub(super) fn padded(&self, text: &str) -> String {
        let missing = self.missing(text);
        if self.has('-') {
            format!("{text}{}", " ".repeat(missing))
        } else if self.has('0') {
            format!("{}{text}", "0".repeat(missing))
        } else {
            format!("{}{text}", " ".repeat(missing))
        }
    }

    /// A number as wide as asked for: zeros stand after its sign.
    pub(super) fn padded_number(&self, text: &str) -> String {
        let sign = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
        if self.has('0') && !self.has('-') {
            let zeros = "0".repeat(self.missing(text));
            return format!("{}{zeros}{}", &text[..sign], &text[sign..]);
        }
        self.padded(text)
    }

    /// A text with spaces alone around it.
    pub(super) fn padded_with_spaces(&self, text: &str) -> String {
        Self { flags: self.flags.replace('0', ""), ..self.clone() }.padded(text)
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    fn missing(&self, text: &str) -> usize {
        self.width.saturating_sub(text.chars().count())
    }
}

fn digits(text: &str) -> (usize, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().unwrap_or(0).min(MOST_WIDTH), &text[end..])
}
