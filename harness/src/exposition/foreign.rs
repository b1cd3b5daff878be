//! Whether what cannot be read is an exposition at all: of a damaged one some line reads,
//! of a web page or JSON none does.

use super::error::LineError;
use super::statement::{self, Statement};
use super::{ExpositionError, Format};

/// A body that is something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its first line that is not empty.
    pub first_line: String,
    /// Why that line cannot be one of an exposition.
    pub error: ExpositionError,
}

impl Foreign {
    /// What a body is in which no line reads as one of an exposition.
    pub fn find(bytes: &[u8], format: Format) -> Option<Self> {
        let mut first: Option<Self> = None;
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = String::from_utf8_lossy(line);
            match read(&line, format) {
                Ok(true) => return None,
                Err(error) if first.is_none() => {
                    let error = error.in_line(index + 1, &line);
                    first = Some(Self { first_line: line.trim().to_owned(), error });
                }
                Ok(false) | Err(_) => {}
            }
        }
        first
    }
}

/// Whether a line says something, and is not just empty or a comment.
fn read(line: &str, format: Format) -> Result<bool, LineError> {
    Ok(!matches!(statement::alone(line, format)?, Statement::Nothing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_line(text: &str) -> Option<String> {
        Foreign::find(text.as_bytes(), Format::Text).map(|foreign| foreign.first_line)
    }

    #[test]
    fn a_web_page_json_and_a_word_are_no_exposition() {
        assert_eq!(first_line("\n <!doctype html>\n<p>\n").unwrap(), "<!doctype html>");
        assert_eq!(first_line("{\"status\":\"ok\"}").unwrap(), "{\"status\":\"ok\"}");
        assert_eq!(first_line("OK").unwrap(), "OK");
        let binary = Foreign::find(b"\x89PNG\r\n\x1a\n", Format::OpenMetrics).unwrap();
        assert_eq!((binary.error.line, binary.error.column), (1, 1));
    }

    #[test]
    fn an_exposition_with_a_fault_is_one() {
        assert_eq!(first_line("a 1\nb 12"), None);
        assert_eq!(first_line("a{b=\"c\"} x\nd 1\n"), None);
        assert_eq!(first_line("# TYPE a gauge\na oops\n"), None);
        assert_eq!(first_line("# a comment\n\n"), None);
    }
}
