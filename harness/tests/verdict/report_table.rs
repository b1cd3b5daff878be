//! The tables, as people see them: compared with files that can be read.

use crate::support;
use slogate::archive::RunRecord;
use slogate::gate::OnInconclusive;
use slogate::report::{TableOptions, table};

fn drawn(record: &RunRecord, options: TableOptions) -> String {
    table(record, record.outcome(OnInconclusive::Fail), options)
}

fn assert_drawn(name: &str, record: &RunRecord) {
    let text = drawn(record, TableOptions::default());
    support::assert_matches_file(&format!("tests/verdict/snapshots/{name}.txt"), &text);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "more than 80 columns: {line}");
    }
}

#[test]
fn a_passing_run_is_told_in_one_screen() {
    assert_drawn("pass", &support::passing_run());
}

#[test]
fn a_failing_run_names_what_failed_and_where_it_is_written() {
    assert_drawn("fail", &support::failing_run());
}

#[test]
fn an_inconclusive_run_says_what_would_settle_it() {
    assert_drawn("inconclusive", &support::run_of(vec![support::inconclusive()], None));
}

#[test]
fn a_target_that_was_not_there_is_named() {
    assert_drawn("unreachable", &support::run_of(vec![support::unreachable()], None));
}

#[test]
fn why_nothing_ran_is_told_once_and_not_for_each_objective_again() {
    let mut scenario = support::unreachable();
    for slo in &mut scenario.slos {
        slo.reason.clone_from(&scenario.reasons[0]);
    }
    let text = drawn(&support::run_of(vec![scenario], None), TableOptions::default());
    assert_eq!(text.matches("not reachable before load").count(), 1, "{text}");
}

#[test]
fn repetitions_of_a_phase_are_one_row() {
    assert_drawn("batches", &support::run_of(vec![support::batches()], None));
}

#[test]
fn what_cannot_be_attributed_to_a_request_is_told_beside_the_counts() {
    let mut record = support::passing_run();
    let generator = record.scenarios[0].generator.as_mut().unwrap();
    generator.unasked_connections = Some(2);
    generator.responses_ended_by_close = Some(3);
    let text = drawn(&record, TableOptions { width: 400, ..TableOptions::default() });
    assert!(text.contains(", 2 with bytes that came unasked while idle; bodies:"), "{text}");
    let ended = "in, 3 answers ended with the connection: whole or cut cannot be known";
    assert!(text.contains(ended), "{text}");
}

#[test]
fn nothing_at_all_is_told_as_such() {
    assert_drawn("nothing", &support::run_of(vec![], None));
}

#[test]
fn doubt_that_is_accepted_still_says_so() {
    let record = support::run_of(vec![support::inconclusive()], None);
    let text = table(&record, record.outcome(OnInconclusive::Warn), TableOptions::default());
    let last = text.lines().rev().take(2).collect::<Vec<_>>();
    assert!(text.contains("INCONCLUSIVE: 1 of 1 scenarios inconclusive (short)"), "{last:?}");
    assert!(text.contains("accepted by --on-inconclusive warn"), "{last:?}");
}

#[test]
fn without_colour_there_is_no_escape_sequence_and_with_it_nothing_else_differs() {
    let record = support::run_of(vec![support::failing()], None);
    let plain = drawn(&record, TableOptions { width: 80, colour: false });
    let coloured = drawn(&record, TableOptions { width: 80, colour: true });
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[31mFAIL\u{1b}[0m"));
    let mut stripped = coloured;
    for code in ["1", "31", "32", "33", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_wide_terminal_wraps_nothing() {
    let record = support::run_of(vec![support::failing()], None);
    let text = drawn(&record, TableOptions { width: 200, colour: false });
    assert!(text.contains("a-request-with-a-long-name  steady  open"), "{text}");
}

#[test]
fn long_names_break_at_the_ends_of_words_and_nothing_is_lost() {
    let id = "p95-latency-of-every-request-that-is-sent-by-the-checkout_v2";
    let request = "post-orders.with-a-very-long-name_for.the.checkout-service-2";
    assert_eq!((id.len(), request.len()), (60, 60));
    let mut scenario = support::failing();
    scenario.slos[0].id = id.into();
    let template = scenario.requests[0].clone();
    scenario.requests = (0..15)
        .map(|at| {
            let mut one = template.clone();
            one.name = if at % 3 == 0 { request.into() } else { format!("r{}", at % 3) };
            one.phase = format!("phase-{}", at / 3);
            one
        })
        .collect();
    let record = support::run_of(vec![scenario], None);
    assert_drawn("long-names", &record);
    let text = drawn(&record, TableOptions::default());
    let breaks = text.lines().zip(text.lines().skip(1));
    let mid_word = breaks.filter(|(line, next)| {
        let first = line.split("  ").next().unwrap_or_default();
        request.starts_with(first) && next.split("  ").next().is_some_and(|n| request.contains(n))
    });
    for (line, _) in mid_word {
        let first = line.split("  ").next().unwrap();
        assert!(first.ends_with(['-', '_', '.']) || request.ends_with(first), "{line}");
    }
}

#[test]
fn no_text_of_a_target_commands_the_terminal() {
    let text = drawn(&support::hostile_run(), TableOptions::default());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{0}'), "{text}");
}
