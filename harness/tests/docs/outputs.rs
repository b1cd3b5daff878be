//! What a page shows of an output, compared with what was printed.
//!
//! Measured numbers differ from run to run, and with them the widths of columns and where lines
//! break. So of a report what it says is compared: every verdict, each objective's mark and id,
//! and each reason, numbers aside. All other output is compared line by line, but for
//! measured times and versions. What is shown must be printed, in its order; not everything that
//! is printed must be shown.

use crate::support::outside;

/// What stands for lines that were left out.
const LEFT_OUT: [&str; 2] = ["[…]", "…"];
const MARKS: [&str; 3] = ["✓", "✗", "?"];
const VERDICTS: [&str; 3] = ["PASS", "FAIL", "INCONCLUSIVE"];
/// Units of measured values, as they stand behind a number and a space.
const UNITS: [&str; 8] = ["ns", "µs", "ms", "s", "B", "kB", "MB", "GB"];
const TIMES: [&str; 4] = ["ns", "µs", "ms", "s"];

/// The exit code that a line of a report names.
pub(crate) fn exit_code(line: &str) -> Option<i32> {
    line.split_once("; exit ")?.1.split_once(':')?.0.parse().ok()
}

/// The first thing shown that was not printed.
pub(crate) fn missing(shown: &[String], said: &str) -> Option<String> {
    let said: Vec<_> = said.lines().map(str::trim_end).collect();
    let shown: Vec<_> = shown.iter().map(|line| line.trim_end()).collect();
    if !said.iter().any(|line| is_verdict(line)) {
        return first_missing(lines(&shown), lines(&said), |said, shown| said == shown);
    }
    first_missing(statements(&shown), statements(&said), says)
}

/// The same of a machine that is too busy to tell: a row may be in doubt instead, and then what
/// is said of it and of the whole may be other than shown. Rows, and reasons of those without
/// such a doubt, are compared.
pub(crate) fn missing_but_for_doubts(shown: &[String], said: &str) -> Option<String> {
    let shown: Vec<_> = shown.iter().map(|line| line.trim_end()).collect();
    let said = statements(&said.lines().map(str::trim_end).collect::<Vec<_>>());
    let is_doubted = |id: &str| said.iter().any(|one| one.is_doubt_of(id));
    let is_compared = |one: &Statement| match one {
        Statement::Row(..) => true,
        Statement::Text(text) => marked(text).is_some_and(|(_, id)| !is_doubted(id)),
    };
    let shown = statements(&shown).into_iter().filter(is_compared).collect();
    let doubts = |said: &&Statement, shown: &Statement| match shown {
        Statement::Row(_, id) => said.is_doubt_of(id),
        Statement::Text(_) => false,
    };
    first_missing(shown, said.iter().collect(), |said, shown| {
        says(said, shown) || doubts(said, shown)
    })
}

fn first_missing<T: ToString, S>(
    shown: Vec<T>,
    said: Vec<S>,
    says: impl Fn(&S, &T) -> bool,
) -> Option<String> {
    let mut said = said.into_iter();
    let missing = shown.into_iter().find(|shown| !said.any(|said| says(&said, shown)));
    missing.map(|shown| shown.to_string())
}

/// Lines without what differs from run to run.
fn lines(text: &[&str]) -> Vec<String> {
    let kept = text.iter().filter(|line| !line.is_empty() && !LEFT_OUT.contains(line));
    kept.filter(|line| !needs_what_is_missing(line)).map(|line| without_measures(line)).collect()
}

/// What a report says.
#[derive(Debug, PartialEq)]
enum Statement {
    /// A row of an objective: its mark, and its id as far as a narrow column has it.
    Row(String, String),
    /// A verdict or a reason, which may go on over several lines: without numbers and gaps.
    Text(String),
}

impl Statement {
    /// Whether it is the row of this objective, in doubt.
    fn is_doubt_of(&self, other: &str) -> bool {
        matches!(self, Self::Row(mark, id) if mark == "?" && is_same(id, other))
    }
}

/// Whether two ids are the same as far as a narrow column has them.
fn is_same(id: &str, other: &str) -> bool {
    id.starts_with(other) || other.starts_with(id)
}

impl std::fmt::Display for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Row(mark, id) => write!(f, "{mark} {id}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Whether a printed statement says what a shown one says, which may break off.
fn says(said: &Statement, shown: &Statement) -> bool {
    match (said, shown) {
        (Statement::Row(mark, id), Statement::Row(shown_mark, shown_id)) => {
            mark == shown_mark && is_same(id, shown_id)
        }
        (Statement::Text(said), Statement::Text(shown)) => said.starts_with(shown),
        _ => false,
    }
}

fn statements(text: &[&str]) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut paragraph = String::new();
    for line in text.iter().chain(&[""]) {
        let begins = is_verdict(line) || marked(line).is_some();
        let ends = line.is_empty() || LEFT_OUT.contains(line);
        if (begins || ends) && !paragraph.is_empty() {
            statements.push(statement(&std::mem::take(&mut paragraph)));
        }
        match marked(line) {
            Some((mark, id)) if !is_reason(line) => {
                statements.push(Statement::Row(mark.to_owned(), id.to_owned()));
            }
            _ if begins => paragraph.push_str(line),
            _ if !paragraph.is_empty() && !ends => {
                paragraph.push('\n');
                paragraph.push_str(line);
            }
            _ => {}
        }
    }
    statements
}

/// Numbers in an objective's id are a part of its name.
fn statement(paragraph: &str) -> Statement {
    let (name, rest) = match marked(paragraph) {
        Some((mark, id)) => (format!("{mark} {id} "), &paragraph[mark.len() + 1 + id.len()..]),
        None => (String::new(), paragraph),
    };
    Statement::Text(name + &without_numbers(rest))
}

/// An objective's mark and id.
fn marked(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    let mark = words.next().filter(|mark| MARKS.contains(mark))?;
    Some((mark, words.next()?))
}

/// Whether a marked line begins a sentence, as `✗ memory for {…}: …` and rows of a table do not:
/// their columns have gaps.
fn is_reason(line: &str) -> bool {
    !line.contains("  ")
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

/// The major version of promtool that an output is of, if it names one.
pub(crate) fn promtool_generation(shown: &[String]) -> Option<u32> {
    let version = shown.iter().find_map(|line| line.split_once("(promtool "))?.1;
    version.split('.').next()?.parse().ok()
}

/// Versions and measured times are not what a page is about.
fn without_measures(line: &str) -> String {
    let is_version = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_digit());
        word.split('.').count() == 3 && word.split('.').all(|part| part.parse::<u32>().is_ok())
    };
    let words = with_measures_as(line, &TIMES, "TIME");
    let words =
        words.into_iter().map(|word| if is_version(&word) { "VERSION".into() } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// A text without the numbers and gaps in it.
fn without_numbers(text: &str) -> String {
    let mut kept = String::new();
    for c in with_measures_as(text, &UNITS, "#").concat().chars() {
        match c {
            '0'..='9' | '.' | ',' if kept.ends_with('#') => {}
            '0'..='9' => kept.push('#'),
            c => kept.push(c),
        }
    }
    kept
}

/// The words of a text, a number with one of these units behind it as one word.
fn with_measures_as(text: &str, units: &[&str], measure: &str) -> Vec<String> {
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let mut found: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let unit = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
        match found.last_mut() {
            Some(number) if units.contains(&unit) && is_number(number) => {
                *number = format!("{measure}{}", &word[unit.len()..]);
            }
            _ => found.push(word.to_owned()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_of(shown: &str, said: &str) -> Option<String> {
        missing(&shown.lines().map(str::to_owned).collect::<Vec<_>>(), said)
    }

    const SAID: &str = "\
shop FAIL
lag 9 ms
✓ p95    7 ms  < 1s
✗ long-name  4  < 1s

✗ long-name: 4 of 12 misses < 1s by 998 ms; see the
  page (a.yaml:3)
✗ memory for {instance=\"127.0.0.1:9090\"}: 51.2 MB misses
  < 10MB (a.yaml:4)

FAIL: 1 of 1 scenarios failed (shop); exit 1: a gate failed
";

    #[test]
    fn measured_numbers_and_widths_of_a_report_may_differ() {
        let shown = "shop FAIL\nlag 3 ms\n✓ p95  12 ms  < 1s\n✗ long-  5  < 1s\n\
                     ✗ long-name: 17 of 20 misses < 1s by\n  2.5 s; see the page (a.yaml:3)\n\
                     ✗ memory for {instance=\"127.0.0.1:43211\"}: 7 MB misses < 10MB (a.yaml:4)\n";
        assert_eq!(missing_of(shown, SAID), None);
        assert_eq!(
            missing_of("[…]\nFAIL: 1 of 1 scenarios failed (shop); exit 1: a\n", SAID),
            None
        );
    }

    #[test]
    fn another_mark_verdict_or_reason_is_found() {
        for shown in [
            "shop PASS",
            "✗ p95    7 ms  < 1s",
            "✗ p99    7 ms  < 1s",
            "✗ long-name: 4 of 12 meets < 1s",
            "✗ long-name5: 4 of 12 misses < 1s",
            "✗ long-name: 4 of 12 misses < 1s by 3 ms; see no\n  page",
            "FAIL: 1 of 1 scenarios failed (shop); exit 1: a gate fell",
            "FAIL: 1 of 1 scenarios failed (shop); exit 1\nshop FAIL",
        ] {
            assert!(missing_of(shown, SAID).is_some(), "{shown}");
        }
    }

    #[test]
    fn a_busy_machine_excuses_doubts_and_what_is_said_of_them() {
        let said = "shop INCONCLUSIVE\n✓ rate  4  > 1\n? p95    7 ms  < 1s\n\n\
                    ? p95: it was busy (a.yaml:3)\n\nINCONCLUSIVE: 1 of 1\n";
        let missing_of = |shown: &str| {
            missing_but_for_doubts(&shown.lines().map(str::to_owned).collect::<Vec<_>>(), said)
        };
        let well = "shop PASS\n✓ rate  5  > 1\n✓ p95    3 ms  < 1s\n\nPASS: 1 of 1\n";
        assert_eq!(missing_of(well), None);
        assert_eq!(missing_of("✗ p95  3 s  < 1s\n\n✗ p95: 3 s misses < 1s by 2 s"), None);
        for shown in ["✗ rate  0  > 1", "✓ p99  3 ms  < 1s", "✗ rate: 0 misses > 1 by 1"] {
            assert!(missing_of(shown).is_some(), "{shown}");
        }
    }

    #[test]
    fn other_output_is_compared_line_by_line() {
        let said = "a: 1 rules\nwith tool 2.42.0\nanswered in 1.5 ms\nend\n";
        assert_eq!(missing_of("a: 1 rules\n[…]\nend", said), None);
        assert_eq!(missing_of("with tool 3.5.3\nanswered in 980 µs", said), None);
        assert_eq!(missing_of("a: 2 rules", said).as_deref(), Some("a: 2 rules"));
        assert_eq!(missing_of("end\na: 1 rules", said).as_deref(), Some("a: 1 rules"));
    }

    #[test]
    fn a_report_names_its_exit_code() {
        assert_eq!(exit_code("FAIL: 1 of 1 scenarios failed (x); exit 1: a gate failed"), Some(1));
        assert_eq!(exit_code("exit 3"), None);
    }

    #[test]
    fn an_output_names_the_generation_of_promtool() {
        let of = |line: &str| promtool_generation(&[line.to_owned()]);
        assert_eq!(of("fail a.yml: all tests (promtool 2.42.0)"), Some(2));
        assert_eq!(of("pass a.yml: 1 tests (built-in)"), None);
    }
}
