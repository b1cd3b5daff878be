//! The verdict as a small PDF, for a release record: what was judged, what came of it,
//! and by what file, on one or two pages.
//!
//! Where a run has more objectives than two pages hold, what passed is counted and
//! everything that did not is listed, and the page says so; then it may take more pages,
//! because nothing that did not pass is ever left out. The text can be searched and
//! copied: the font that the caller hands in is embedded with the characters in use.

mod document;
mod font;
mod sheet;

use thiserror::Error;

use super::{cells, words};
use crate::archive::{RulesRecord, RunRecord, ScenarioRecord, SloRecord};
use crate::gate::Outcome;
use crate::slo::Verdict;
use font::Font;
use sheet::{Colour, Sheet};

/// Pages of a record that shows everything.
const MOST_PAGES: usize = 2;
/// Sizes in points.
const TITLE: f32 = 15.0;
const HEADING: f32 = 10.5;
const BODY: f32 = 7.5;

/// Why there is no PDF.
#[derive(Debug, Error)]
pub enum PdfError {
    /// The font is none.
    #[error("the PDF report could not be made: its font cannot be read; please report this")]
    Font,
    /// The font could not be cut down to what is in use.
    #[error("the PDF report could not be made: {0}; please report this")]
    Subset(#[from] subsetter::Error),
    /// The document is not whole.
    #[error("the PDF report could not be made: {0}; please report this")]
    Document(String),
}

/// The record as a PDF file in the given TrueType font; `outcome` is what the process
/// ends with.
pub fn pdf(record: &RunRecord, outcome: Outcome, font: &[u8]) -> Result<Vec<u8>, PdfError> {
    let font = Font::read(font)?;
    let mut sheet = drawn(record, outcome, &font, Detail::Everything);
    if sheet.pages().len() > MOST_PAGES {
        sheet = drawn(record, outcome, &font, Detail::WithoutWhatPassed);
    }
    let title = format!("slogate verdict: {}", outcome.verdict);
    document::write(&sheet.finish(), &font, &title, &record.started_at)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Everything,
    WithoutWhatPassed,
}

fn drawn<'a>(record: &RunRecord, outcome: Outcome, font: &'a Font, detail: Detail) -> Sheet<'a> {
    let footer =
        format!("{} {}, started {}", record.tool.name, record.tool.version, record.started_at);
    let mut sheet = Sheet::new(font, footer);
    head(&mut sheet, record, outcome, detail);
    for scenario in &record.scenarios {
        scenario_section(&mut sheet, scenario, detail);
    }
    if let Some(rules) = &record.rules {
        rules_section(&mut sheet, rules);
    }
    sheet
}

fn head(sheet: &mut Sheet<'_>, record: &RunRecord, outcome: Outcome, detail: Detail) {
    let word = outcome.verdict.word().to_uppercase();
    sheet.text(&format!("Verdict: {word}"), TITLE, colour(outcome.verdict), 0.0);
    sheet.text(&words::tally(record), HEADING, Colour::Black, 0.0);
    sheet.text(&words::ending(outcome), BODY, Colour::Black, 0.0);
    if let Some(explanation) = words::explanation(record) {
        sheet.text(&explanation, BODY, Colour::Black, 0.0);
    }
    let machine = format!(
        "started {}, took {}, by {} {} on {} {}",
        record.started_at,
        cells::seconds(record.duration_seconds),
        record.tool.name,
        record.tool.version,
        record.tool.os,
        record.tool.arch
    );
    sheet.text(&machine, BODY, Colour::Grey, 0.0);
    if detail == Detail::WithoutWhatPassed {
        let sentence = "This run has more than fits two pages: objectives that passed are \
                        counted, all others are listed. The JSON report has everything.";
        sheet.text(sentence, BODY, Colour::Black, 0.0);
    }
}

fn scenario_section(sheet: &mut Sheet<'_>, scenario: &ScenarioRecord, detail: Detail) {
    sheet.gap(BODY);
    // A heading does not stand alone at the end of a page.
    sheet.keep_together(HEADING * 9.0);
    let heading = format!("{}: {}", scenario.name, scenario.verdict.word().to_uppercase());
    sheet.text(&heading, HEADING, colour(scenario.verdict), 0.0);
    if let Some(description) = &scenario.description {
        sheet.text(description, BODY, Colour::Black, 0.0);
    }
    sheet.text(&words::target(scenario), BODY, Colour::Black, 0.0);
    let configuration = &scenario.configuration;
    let file = format!("{}, sha256 {}", configuration.path, configuration.sha256);
    sheet.text(&file, BODY, Colour::Grey, 0.0);
    objectives(sheet, scenario, detail);
    for reason in words::reasons(scenario) {
        let sentence = format!("{} {}", words::mark(reason.verdict), reason.sentence());
        sheet.text(&sentence, BODY, colour(reason.verdict), BODY);
    }
    load(sheet, scenario, detail);
}

fn objectives(sheet: &mut Sheet<'_>, scenario: &ScenarioRecord, detail: Detail) {
    let is_listed = |slo: &&SloRecord| detail == Detail::Everything || slo.verdict != Verdict::Pass;
    let listed: Vec<&SloRecord> = scenario.slos.iter().filter(is_listed).collect();
    let passed = scenario.slos.len() - listed.len();
    if !listed.is_empty() {
        let rows: Vec<[String; 8]> =
            listed.iter().flat_map(|slo| cells::objective_rows(slo)).collect();
        let colours: Vec<Colour> = listed.iter().flat_map(|slo| colours_of(slo)).collect();
        sheet.table(
            cells::OBJECTIVE,
            &rows,
            &colours,
            &cells::WRAPPING_OF_OBJECTIVE,
            cells::is_number_of_objective,
        );
    }
    if passed > 0 {
        let sentence = format!("✓ {passed} of {} objectives passed", scenario.slos.len());
        sheet.text(&sentence, BODY, colour(Verdict::Pass), BODY);
    }
}

/// A colour for each row of an objective.
fn colours_of(slo: &SloRecord) -> Vec<Colour> {
    let beside = slo.beside.iter().map(|_| Colour::Grey);
    std::iter::once(colour(slo.verdict)).chain(beside).collect()
}

fn load(sheet: &mut Sheet<'_>, scenario: &ScenarioRecord, detail: Detail) {
    let rows = cells::requests(scenario);
    if rows.is_empty() {
        sheet.text(cells::NOTHING_SENT, BODY, Colour::Black, 0.0);
        return;
    }
    if detail == Detail::Everything || scenario.verdict != Verdict::Pass {
        let colours = vec![Colour::Black; rows.len()];
        sheet.table(
            cells::REQUEST,
            &rows,
            &colours,
            &cells::WRAPPING_OF_REQUEST,
            cells::is_number_of_request,
        );
    }
    for note in cells::notes(scenario) {
        sheet.text(&note, BODY, Colour::Grey, BODY);
    }
}

fn rules_section(sheet: &mut Sheet<'_>, rules: &RulesRecord) {
    sheet.gap(BODY);
    sheet.keep_together(HEADING * 3.0);
    let heading = format!("rules: {}", rules.verdict.word().to_uppercase());
    sheet.text(&heading, HEADING, colour(rules.verdict), 0.0);
    sheet.text(&words::rule_counts(rules), BODY, Colour::Black, 0.0);
    for result in rules.results.iter().filter(|result| result.verdict != Verdict::Pass) {
        let sentence = format!("{} {}", words::mark(result.verdict), words::rule_sentence(result));
        sheet.text(&sentence, BODY, colour(result.verdict), BODY);
    }
}

fn colour(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Pass => Colour::Green,
        Verdict::Fail => Colour::Red,
        Verdict::Inconclusive => Colour::Amber,
    }
}
