//! Whether a run shows what a row says. A busy machine makes doubts of its own, which prove
//! nothing: such a run is repeated, and skipped aloud where they stay.

use crate::rows::Row;
use crate::run::Run;

/// How often a run is made until the machine lets it be judged.
const ATTEMPTS: usize = 3;

/// What a run does not show of a row.
struct Open {
    problem: String,
    /// Something passes that the row names.
    is_green: bool,
    is_busy: bool,
}

/// Without a fault everything passes, and no alert fires.
#[expect(clippy::print_stderr, reason = "a control that says nothing must not look like one")]
pub(crate) fn control() -> Run {
    let mut run = Run::with(&[]);
    for _ in 1..ATTEMPTS {
        if !is_doubt(&run) {
            break;
        }
        run = Run::with(&[]);
    }
    if is_doubt(&run) {
        eprintln!("skipped: machine too busy for the control");
    } else {
        assert!(run.code == Some(0) && run.firing.is_empty(), "the control\n{}", run.shown());
    }
    run
}

/// Whether only the machine keeps the control from a pass.
fn is_doubt(run: &Run) -> bool {
    let is_red = run.code == Some(3) || run.code == Some(0) && !run.firing.is_empty();
    is_red && run.is_of_a_busy_machine()
}

/// What of a row was not as it says.
#[expect(clippy::print_stderr, reason = "a row that was not judged must not look like one")]
pub(crate) fn unnoticed(row: &Row) -> Option<String> {
    let mut open = find(row)?;
    for _ in 1..ATTEMPTS {
        if !open.is_busy {
            return Some(open.problem);
        }
        open = find(row)?;
    }
    if open.is_green || !open.is_busy {
        return Some(open.problem);
    }
    eprintln!("skipped: machine too busy for `{}`", row.fault);
    None
}

fn find(row: &Row) -> Option<Open> {
    let run = Run::with(&[row.fault]);
    let passes = passing(row, &run);
    let (is_green, is_busy) = (!passes.is_empty(), run.is_of_a_busy_machine());
    let missing = [not_missed(row, &run), not_doubted(row, &run), beside(row, &run)];
    let problems = [passes, missing.concat()].concat().join(", ");
    let problem = || format!("{}: {problems}\n{}", row.fault, run.shown());
    (!problems.is_empty()).then(|| Open { problem: problem(), is_green, is_busy })
}

/// Objectives that pass in spite of the fault: never skipped.
fn passing(row: &Row, run: &Run) -> Vec<String> {
    let named = named(row);
    let passing = named.iter().filter(|id| verdict(run, id) == "pass");
    passing.map(|id| format!("{id} passes")).collect()
}

fn not_missed(row: &Row, run: &Run) -> Vec<String> {
    let kept = row.missed.iter().filter(|id| verdict(run, id) != "fail");
    kept.map(|id| format!("{id} is not missed")).collect()
}

fn not_doubted(row: &Row, run: &Run) -> Vec<String> {
    let has = |id: &str, code: &str| {
        run.objectives
            .get(id)
            .is_some_and(|judged| judged.verdict == "inconclusive" && judged.codes.contains(code))
    };
    let kept = row.doubted.iter().filter(|(id, code)| !has(id, code));
    kept.map(|(id, code)| format!("{id} is not in doubt for {code}")).collect()
}

/// Alerts, the reason, the exit code, and a pass of something else.
fn beside(row: &Row, run: &Run) -> Vec<String> {
    let quiet = row.alerts.iter().filter(|alert| !run.firing.contains(**alert));
    let mut open: Vec<_> = quiet.map(|alert| format!("{alert} is quiet")).collect();
    if !row.reason.is_empty() && !run.reasons.iter().any(|said| said.starts_with(row.reason)) {
        open.push(format!("it does not say `{}`", row.reason));
    }
    if run.code != Some(1) {
        open.push(format!("exit {:?}", run.code));
    }
    let named = named(row);
    let mut others = run.objectives.iter().filter(|(id, _)| !named.contains(&id.as_str()));
    if !others.any(|(_, judged)| judged.verdict == "pass") {
        open.push("nothing else passes".to_owned());
    }
    open
}

fn named(row: &Row) -> Vec<&'static str> {
    row.missed.iter().copied().chain(row.doubted.iter().map(|(id, _)| *id)).collect()
}

fn verdict<'a>(run: &'a Run, id: &str) -> &'a str {
    run.objectives.get(id).map_or("", |judged| &judged.verdict)
}
