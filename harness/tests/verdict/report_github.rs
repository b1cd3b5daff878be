//! Annotations for GitHub, read by the rules of GitHub's runner.

use crate::support;
use slogate::report::{Workspace, annotations};

fn workspace() -> Workspace {
    Workspace { root: "/repo".into(), here: "/repo/service".into() }
}

/// Level, properties and message of a command, taken apart as the runner does it: the
/// command ends at the second `::`, properties end at commas, and escapes come last.
fn read(line: &str) -> (String, Vec<(String, String)>, String) {
    let (command, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (level, properties) = command.split_once(' ').unwrap();
    let plain = |text: &str| {
        let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
        escapes.iter().fold(text.to_owned(), |text, (escape, c)| text.replace(escape, c))
    };
    let properties = properties.split(',').map(|property| {
        let (name, value) = property.split_once('=').unwrap();
        (name.to_owned(), plain(value))
    });
    (level.to_owned(), properties.collect(), plain(message))
}

#[test]
fn a_miss_is_an_error_at_the_line_of_its_objective() {
    let lines = annotations(&support::failing_run(), &workspace());
    let (level, properties, message) = read(&lines[1]);
    let property = |name: &str| {
        let (_, value) = properties.iter().find(|(found, _)| found == name).unwrap();
        value.clone()
    };
    assert_eq!(level, "error");
    assert_eq!(property("file"), "service/scenarios/10k.yaml");
    assert_eq!((property("line"), property("col")), ("21".into(), "5".into()));
    assert_eq!(property("title"), "10k-faults: success");
    assert!(message.starts_with("130 of 140: 92.9% misses >= 95% by 2.1%"), "{message}");
}

#[test]
fn a_doubt_is_a_warning_and_a_pass_says_nothing() {
    let doubtful = support::run_of(vec![support::inconclusive()], None);
    let lines = annotations(&doubtful, &workspace());
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line.starts_with("::warning ")), "{lines:?}");
    assert!(annotations(&support::passing_run(), &workspace()).is_empty());
}

#[test]
fn objectives_that_share_a_reason_are_one_annotation() {
    let unreachable = support::run_of(vec![support::unreachable()], None);
    let lines = annotations(&unreachable, &workspace());
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("title=gone::not reachable before load"), "{lines:?}");
}

#[test]
fn objectives_that_repeat_why_nothing_ran_are_not_annotated_again() {
    let mut scenario = support::unreachable();
    for slo in &mut scenario.slos {
        slo.reason.clone_from(&scenario.reasons[0]);
    }
    let lines = annotations(&support::run_of(vec![scenario], None), &workspace());
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn an_objective_of_the_command_line_names_its_flag_and_no_file() {
    let mut scenario = support::failing();
    scenario.configuration.path = "command-line".into();
    for slo in &mut scenario.slos {
        slo.file = "command-line".into();
    }
    scenario.reasons.push("the target restarted".into());
    let lines = annotations(&support::run_of(vec![scenario], None), &workspace());
    assert!(lines.len() > 2, "{lines:?}");
    for line in &lines {
        let (_, properties, message) = read(line);
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["title"], "{line}");
        let is_whole = message == "the target restarted";
        assert_eq!(message.contains("\nset by --slo"), !is_whole, "{line}");
    }
}

#[test]
fn names_and_reasons_cannot_end_a_command_or_begin_another() {
    for line in annotations(&support::hostile_run(), &workspace()) {
        assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{0}']), "{line}");
        let (level, properties, message) = read(&line);
        assert_eq!(level, "error");
        assert!(message.contains("::error::%0A 100% $a$"), "{message}");
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            names == ["file", "line", "col", "title"] || names == ["file", "title"],
            "{names:?}"
        );
    }
}

#[test]
fn of_more_than_github_shows_the_last_says_how_many() {
    let mut scenario = support::failing();
    let miss = scenario.slos[1].clone();
    scenario.slos = (0..25).map(|_| miss.clone()).collect();
    for (at, slo) in scenario.slos.iter_mut().enumerate() {
        slo.reason = format!("reason {at}");
    }
    let mut doubtful = support::inconclusive();
    doubtful.slos.truncate(2);
    let lines = annotations(&support::run_of(vec![doubtful, scenario], None), &workspace());
    let of = |level: &str| lines.iter().filter(|line| line.starts_with(level)).collect::<Vec<_>>();
    assert_eq!((of("::error ").len(), of("::warning ").len()), (10, 2));
    assert!(of("::error ")[9].contains("16 more like these"), "{lines:#?}");
}
