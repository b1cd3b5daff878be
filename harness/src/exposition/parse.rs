//! Reads whole pages, each by itself or one after the other.

use super::assembly::Assembly;
use super::codes;
use super::known::PageSeries;
use super::{Exposition, ExpositionError, Format, ParseRules};

/// Reads an exposition by the rules of a scrape.
pub fn parse(bytes: &[u8], format: Format) -> Result<Exposition, ExpositionError> {
    parse_with(bytes, format, ParseRules::default())
}

/// Reads an exposition by other rules.
pub fn parse_with(
    bytes: &[u8],
    format: Format,
    rules: ParseRules,
) -> Result<Exposition, ExpositionError> {
    read_page(bytes, format, rules, PageSeries::NONE).map(|(exposition, _)| exposition)
}

/// Reads the expositions of one target, one after the other, each as [`parse_with`] reads it.
///
/// What stands before the samples' values is mostly the same in all of them: it is read
/// (and told to the second parser) when it comes up, and compared from then on. Kept are
/// the series of the last exposition that was without a fault.
#[derive(Debug)]
pub struct Reader {
    rules: ParseRules,
    page_before: PageSeries,
    format_before: Format,
}

impl Reader {
    /// A reader by these rules that has read nothing.
    pub fn new(rules: ParseRules) -> Self {
        Self { rules, page_before: PageSeries::default(), format_before: Format::Text }
    }

    /// Reads the next exposition.
    pub fn read(&mut self, bytes: &[u8], format: Format) -> Result<Exposition, ExpositionError> {
        if format != self.format_before {
            self.page_before = PageSeries::default();
            self.format_before = format;
        }
        let (exposition, page) = read_page(bytes, format, self.rules, &self.page_before)?;
        self.page_before = page;
        Ok(exposition)
    }
}

fn read_page(
    bytes: &[u8],
    format: Format,
    rules: ParseRules,
    page_before: &PageSeries,
) -> Result<(Exposition, PageSeries), ExpositionError> {
    let whole = as_text(bytes)?;
    let mut assembly = Assembly::new(format, rules, page_before);
    let mut line_number = 0;
    let mut rest = whole;
    while !rest.is_empty() {
        line_number += 1;
        let (line, is_last) = next_line(&mut rest);
        let read = assembly.check_last(line, is_last).and_then(|()| assembly.line(line));
        read.map_err(|error| error.in_line(line_number, line))?;
    }
    // After a last line feed there is an empty line.
    let line_count = line_number + usize::from(whole.is_empty() || whole.ends_with('\n'));
    assembly.finish().map_err(|error| error.in_line(line_count, ""))
}

/// Takes the next line off the text; whether the text ends without a line feed there.
fn next_line<'a>(text: &mut &'a str) -> (&'a str, bool) {
    let end = memchr::memchr(b'\n', text.as_bytes());
    let (line, rest) = end.map_or((*text, ""), |end| (&text[..end], &text[end + 1..]));
    *text = rest;
    (line, end.is_none())
}

/// The bytes as text; the formats are UTF-8 throughout.
fn as_text(bytes: &[u8]) -> Result<&str, ExpositionError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line_start = good.rfind('\n').map_or(0, |at| at + 1);
        ExpositionError {
            code: codes::MALFORMED_EXPOSITION,
            line: good.matches('\n').count() + 1,
            column: good[line_start..].chars().count() + 1,
            message: format!(
                "expected UTF-8, found the byte 0x{:02x}",
                bytes.get(error.valid_up_to()).copied().unwrap_or_default()
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::FamilyKind;
    use super::*;

    fn read(text: &str) -> Exposition {
        parse(text.as_bytes(), Format::Text).unwrap()
    }

    fn error(text: &str) -> String {
        parse(text.as_bytes(), Format::Text).unwrap_err().to_string()
    }

    #[test]
    fn reads_families_and_samples() {
        let exposition = read(
            "# HELP a_ms how\\nlong\n# TYPE a_ms histogram\na_ms_bucket{le=\"10000\"} 1\na_ms_bucket{le=\"+Inf\"} 2\na_ms_sum 3.5\na_ms_count 2 99\n",
        );
        assert_eq!(exposition.families.len(), 1);
        assert_eq!(exposition.families[0].kind, FamilyKind::Histogram);
        assert_eq!(exposition.families[0].help, "how\nlong");
        let shown: Vec<String> =
            exposition.samples.iter().map(|sample| sample.labels.to_string()).collect();
        assert_eq!(
            shown,
            [r#"a_ms_bucket{le="10000.0"}"#, r#"a_ms_bucket{le="+Inf"}"#, "a_ms_sum", "a_ms_count"]
        );
        assert_eq!(exposition.samples[3].timestamp_ms, Some(99));
    }

    #[test]
    fn a_bound_is_normalised_in_histograms_and_summaries_only() {
        let exposition = read("# TYPE s summary\ns{quantile=\".5\"} 1\nother{le=\"10\"} 1\n");
        assert_eq!(exposition.samples[0].labels.get("quantile"), Some("0.5"));
        assert_eq!(exposition.samples[1].labels.get("le"), Some("10"));
    }

    #[test]
    fn names_line_and_column_and_what_was_found() {
        assert_eq!(
            error("a 1\nb{é=\"1\"} 2\n"),
            "line 2, column 3: expected a label name or `}`, found 'é'"
        );
        assert_eq!(
            error("a{b=\"é\"} x\n"),
            "line 1, column 10: expected a number, NaN, +Inf or -Inf, found `x`"
        );
    }

    #[test]
    fn refuses_an_exposition_that_was_cut_off() {
        assert!(error("a 1\nb 12").contains("line 2, column 5: the last line does not end"));
        let cut = parse(b"a 1\n", Format::OpenMetrics).unwrap_err();
        assert!(cut.message.contains("# EOF"), "{cut}");
        assert_eq!(cut.code, codes::TRUNCATED_EXPOSITION);
    }

    #[test]
    fn refuses_more_samples_than_the_limit_instead_of_cutting() {
        let rules = ParseRules { sample_limit: Some(2), ..ParseRules::default() };
        assert!(parse_with(b"a 1\nb 1\n", Format::Text, rules).is_ok());
        let error = parse_with(b"a 1\nb 1\nc 1\n", Format::Text, rules).unwrap_err();
        assert_eq!((error.line, error.column), (3, 1));
        assert_eq!(error.code, codes::SAMPLE_LIMIT);
    }

    #[test]
    fn refuses_a_type_after_its_samples() {
        assert!(error("h_bucket{le=\"1\"} 1\n# TYPE h histogram\n").contains("after its sample"));
    }

    #[test]
    fn says_where_the_text_is_not_utf_8() {
        let error = parse(b"a 1\nb{c=\"\xff\"} 1\n", Format::Text).unwrap_err();
        assert_eq!((error.line, error.column), (2, 6));
        assert_eq!(error.code, codes::MALFORMED_EXPOSITION);
    }

    #[test]
    fn counter_samples_belong_to_their_openmetrics_family() {
        let exposition =
            parse(b"# TYPE a counter\na_total 1 0.5\n# EOF\n", Format::OpenMetrics).unwrap();
        assert_eq!(exposition.families.len(), 1);
        assert_eq!(exposition.samples[0].timestamp_ms, Some(500));
    }
}
