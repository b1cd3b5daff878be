//! Whether a run shows what a row says. A busy machine makes doubts of its own, which prove
//! nothing: such a run is repeated, and skipped aloud where they stay.

use crate::rows::Row;
use crate::run::Run;

/// How often a run is made until the machine lets it be judged.
const ATTEMPTS: usize = 3;

/// What a run says of a row.
enum Finding {
    Noticed,
    /// Nothing that the row names passes, and not all of it is certain.
    TooBusy,
    Unnoticed(String),
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
    for _ in 0..ATTEMPTS {
        match find(row) {
            Finding::Noticed => return None,
            Finding::Unnoticed(problem) => return Some(problem),
            Finding::TooBusy => {}
        }
    }
    eprintln!("skipped: machine too busy for `{}`", row.fault);
    None
}

fn find(row: &Row) -> Finding {
    let run = Run::with(&[row.fault]);
    let is_busy = run.is_of_a_busy_machine();
    let passes = passing(row, &run);
    let open = [not_missed(row, &run), not_doubted(row, &run), beside(row, &run)].concat();
    if passes.is_empty() && open.is_empty() {
        Finding::Noticed
    } else if passes.is_empty() && is_busy {
        Finding::TooBusy
    } else {
        let problems = [passes, open].concat().join(", ");
        Finding::Unnoticed(format!("{}: {problems}\n{}", row.fault, run.shown()))
    }
}

/// Objectives that pass in spite of the fault: no machine is too busy to know.
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
