//! What a page shows of an output, compared with what was printed.
//!
//! Measured numbers differ from run to run, and with them the widths of columns. So of a report
//! the lines that say something are compared by what they say: an objective's mark and id,
//! and every verdict. All other output is compared line by line. A shown line must be printed;
//! not every printed line must be shown.

use crate::support::outside;

/// What stands for lines that were left out.
const LEFT_OUT: [&str; 2] = ["[…]", "…"];
const MARKS: [&str; 3] = ["✓", "✗", "?"];
const VERDICTS: [&str; 3] = ["PASS", "FAIL", "INCONCLUSIVE"];

/// The exit code that a line of a report names.
pub(crate) fn exit_code(line: &str) -> Option<i32> {
    line.split_once("; exit ")?.1.split_once(':')?.0.parse().ok()
}

/// The first shown line that was not printed, in its order.
pub(crate) fn missing_line<'a>(shown: &'a [String], said: &str) -> Option<&'a str> {
    let shown_lines = shown.iter().map(|line| line.trim_end());
    let is_report = said.lines().any(is_verdict);
    let mut said = said.lines().map(str::trim_end);
    for line in shown_lines {
        if line.is_empty() || LEFT_OUT.contains(&line) {
            continue;
        }
        let is_compared = !is_report || is_verdict(line) || marked(line).is_some();
        if is_compared && !needs_what_is_missing(line) && !said.any(|said| says(said, line)) {
            return Some(line);
        }
    }
    None
}

/// Whether a printed line says what a shown line says.
fn says(said: &str, shown: &str) -> bool {
    match (marked(said), marked(shown)) {
        (Some((mark, id)), Some((shown_mark, shown_id))) => {
            // A column that is narrow breaks an id.
            mark == shown_mark && (id.starts_with(shown_id) || shown_id.starts_with(id))
        }
        (None, None) => without_versions(said) == without_versions(shown),
        _ => false,
    }
}

/// An objective's mark and id.
fn marked(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    let mark = words.next().filter(|mark| MARKS.contains(mark))?;
    Some((mark, words.next()?.trim_end_matches(':')))
}

/// `shop FAIL`, `rules PASS`, or `FAIL: 1 of 1 …`.
fn is_verdict(line: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[..] {
        [_, verdict] => VERDICTS.contains(&verdict),
        [first, ..] => first.strip_suffix(':').is_some_and(|word| VERDICTS.contains(&word)),
        [] => false,
    }
}

/// Lines that a program prints only beside another, which need not be there.
fn needs_what_is_missing(line: &str) -> bool {
    line.contains("(promtool ") && !outside::has("promtool")
}

/// Versions of programs are not what a page is about.
fn without_versions(line: &str) -> String {
    let is_version = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_digit());
        word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u32>().is_ok())
    };
    let words = line.split_whitespace();
    words.map(|word| if is_version(word) { "VERSION" } else { word }).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn measured_numbers_of_a_report_may_differ() {
        let shown =
            lines("shop FAIL\nlag 3 ms\n✓ p95  12 ms  < 1s\n✗ long-  5\n✗ long-name: why\n");
        let said =
            "shop FAIL\nlag 9 ms\n✓ p95 7 ms < 1s\n✗ long-name 4\n✗ long-name: why\nFAIL: x\n";
        assert_eq!(missing_line(&shown, said), None);
    }

    #[test]
    fn another_mark_or_verdict_is_found() {
        let said = "shop FAIL\n✗ p95 7 ms < 1s\n";
        assert_eq!(missing_line(&lines("shop PASS"), said), Some("shop PASS"));
        assert_eq!(missing_line(&lines("✓ p95 7 ms"), said), Some("✓ p95 7 ms"));
        assert_eq!(missing_line(&lines("✗ p99 7 ms"), said), Some("✗ p99 7 ms"));
    }

    #[test]
    fn other_output_is_compared_line_by_line() {
        let said = "a: 1 rules\nwith tool 2.42.0\nend\n";
        assert_eq!(missing_line(&lines("a: 1 rules\n[…]\nend"), said), None);
        assert_eq!(missing_line(&lines("with tool 3.5.3"), said), None);
        assert_eq!(missing_line(&lines("a: 2 rules"), said), Some("a: 2 rules"));
        assert_eq!(missing_line(&lines("end\na: 1 rules"), said), Some("a: 1 rules"));
    }

    #[test]
    fn a_report_names_its_exit_code() {
        assert_eq!(exit_code("FAIL: 1 of 1 scenarios failed (x); exit 1: a gate failed"), Some(1));
        assert_eq!(exit_code("exit 3"), None);
    }
}
