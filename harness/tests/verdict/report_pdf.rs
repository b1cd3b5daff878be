//! The PDF report, read by readers that are not ours: qpdf and pdftotext.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::{outside, support};
use slogate::archive::RunRecord;
use slogate::gate::OnInconclusive;
use slogate::report::pdf;
use slogate::slo::Verdict;
use tempfile::TempDir;

struct Drawn {
    _folder: TempDir,
    file: PathBuf,
    bytes: Vec<u8>,
}

fn drawn(record: &RunRecord) -> Drawn {
    let bytes = pdf(record, record.outcome(OnInconclusive::Fail), exporter::FONT).unwrap();
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("verdict.pdf");
    std::fs::write(&file, &bytes).unwrap();
    Drawn { _folder: folder, file, bytes }
}

impl Drawn {
    fn pages(&self) -> usize {
        let options = printpdf::PdfParseOptions::default();
        let document = printpdf::PdfDocument::parse(&self.bytes, &options, &mut Vec::new());
        document.unwrap().page_count()
    }

    /// The text in reading order; nothing where pdftotext is not installed.
    fn text(&self) -> Option<String> {
        if !outside::has("pdftotext") {
            return None;
        }
        let output = Command::new("pdftotext").arg("-layout").arg(&self.file).arg("-").output();
        Some(String::from_utf8(output.unwrap().stdout).unwrap())
    }
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

fn runs() -> [RunRecord; 5] {
    let run = |scenario| support::run_of(vec![scenario], None);
    [
        support::passing_run(),
        support::failing_run(),
        run(support::inconclusive()),
        run(support::unreachable()),
        support::hostile_run(),
    ]
}

#[test]
fn qpdf_finds_no_fault() {
    if !outside::has("qpdf") {
        return;
    }
    for record in runs() {
        let drawn = drawn(&record);
        let output = Command::new("qpdf").arg("--check").arg(&drawn.file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && !said.contains("WARNING"), "{said}");
        assert!(drawn.bytes.len() < 100_000, "the font is cut down: {}", drawn.bytes.len());
    }
}

#[test]
fn every_word_comes_back() {
    for record in &runs()[..4] {
        let Some(text) = drawn(record).text() else { return };
        let found = words(&text);
        let table = slogate::report::table(
            record,
            record.outcome(OnInconclusive::Fail),
            slogate::report::TableOptions { width: 500, colour: false },
        );
        // The last line is told as a heading here, and the word of its verdict with it.
        let missing: Vec<&str> = words(&table)
            .into_iter()
            .filter(|word| !text.contains(word.trim_end_matches([':', ';', ','])))
            .filter(|word| !is_broken_across_lines(word, &found))
            .collect();
        assert_eq!(missing, Vec::<&str>::new(), "{text}");
        assert!(text.contains("Verdict: ") && text.contains("sha256 "), "{text}");
    }
}

/// A long word is broken behind a sign that ends a word, and is two words then.
fn is_broken_across_lines(word: &str, found: &BTreeSet<&str>) -> bool {
    let ends = word.char_indices().filter(|(_, c)| "-_./,:".contains(*c));
    ends.map(|(at, _)| word.split_at(at + 1)).any(|(head, tail)| {
        found.iter().any(|one| one.ends_with(head)) && found.iter().any(|one| one.starts_with(tail))
    })
}

#[test]
fn names_in_other_scripts_and_signs_survive() {
    let mut record = support::failing_run();
    record.scenarios[1].description = Some("Ölçüm Ελληνικά Кириллица µ ≤ ≥ ∞ ✓ 漢".into());
    let Some(text) = drawn(&record).text() else { return };
    for word in ["Ölçüm", "Ελληνικά", "Кириллица", "µ", "≤", "≥", "∞", "✓", "\u{fffd}"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn more_than_two_pages_lists_all_that_did_not_pass_and_says_so() {
    let mut record = support::run_of(vec![support::passing(), support::failing()], None);
    for scenario in &mut record.scenarios {
        let slos = scenario.slos.clone();
        scenario.slos = (0..20).flat_map(|_| slos.clone()).collect();
        for (at, slo) in scenario.slos.iter_mut().enumerate() {
            slo.id = format!("objective-{}-{at}", slo.verdict);
            // Sixty misses with three rows more each are no longer a summary.
            slo.beside.clear();
        }
    }
    let drawn = drawn(&record);
    assert!(drawn.pages() <= 2, "{}", drawn.pages());
    let Some(text) = drawn.text() else { return };
    assert!(text.contains("more than fits two pages"), "{text}");
    for slo in record.scenarios.iter().flat_map(|scenario| &scenario.slos) {
        assert_eq!(text.contains(&slo.id), slo.verdict != Verdict::Pass, "{}", slo.id);
    }
    assert!(text.contains("✓ 120 of 120 objectives passed"), "{text}");
    assert!(text.contains("✓ 60 of 120 objectives passed"), "{text}");
}

#[test]
fn everything_that_did_not_pass_is_listed_whatever_it_takes() {
    let mut record = support::run_of(vec![support::failing()], None);
    let miss = record.scenarios[0].slos[1].clone();
    record.scenarios[0].slos = (0..300)
        .map(|at| {
            let mut one = miss.clone();
            one.id = format!("miss-{at}.");
            one.reason = format!("reason {at}");
            one
        })
        .collect();
    let drawn = drawn(&record);
    assert!(drawn.pages() > 2);
    let Some(text) = drawn.text() else { return };
    assert!((0..300).all(|at| text.contains(&format!("miss-{at}."))), "{text}");
}

#[test]
fn a_font_that_is_none_is_an_error() {
    let record = support::passing_run();
    let outcome = record.outcome(OnInconclusive::Fail);
    assert!(pdf(&record, outcome, b"no font").is_err());
}
