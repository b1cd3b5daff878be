//! Hostile and mangled files: always an answer with places that exist, never a panic.

use std::path::Path;

use proptest::prelude::*;
use slogate::scenario::{Problems, ReadOptions, Variables, read_document, read_text};

/// A whole scenario, with bodies that are quick to make.
fn valid() -> String {
    let text = include_str!("../../scenarios/batch.yaml");
    text.replace("000, seed", ", seed")
}

/// Pieces that a file of this format is made of, right and wrong.
const PIECES: &[&str] = &[
    "version: 1\n",
    "name: a\n",
    "target: reference\n",
    "load:\n",
    "requests:\n",
    "slo:\n",
    "data:\n",
    "  - ",
    "    ",
    "- ",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    ": ",
    "\n",
    "\t",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "<<: *a\n",
    "!!str ",
    "!x ",
    "# c\n",
    "---\n",
    "...\n",
    "? ",
    "%YAML 1.2\n",
    "rate: 5/s",
    "rate: 5/s -> x",
    "for: 10s",
    "users: -1",
    "iterations: 1e9",
    "repeat: 3",
    "measure: false",
    "name: b",
    "get: /",
    "post: /x",
    "json: \"{{rows}}\"",
    "{{",
    "}}",
    "${",
    "$${",
    "${A}",
    "${B}",
    "rows: 3",
    "is: '< 1s'",
    "id: x",
    "client: p95(latency{request=\"",
    "promql: 'sum(x[$run",
    "counter: x",
    "include: .",
    "'p95(latency) < 1s during b'",
    "ü",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "99999999999999999999999",
];

fn read(text: &str) -> Result<(), Problems> {
    let variables = Variables::from([("A".to_owned(), "7".to_owned())]);
    let path = Path::new("tests/scenarios/hostile.yaml");
    read_text(path, text, &variables, &ReadOptions::default()).map(|_| ())
}

/// Every problem can be shown, and its place is in the file.
fn answers(text: &str) {
    let Err(found) = read(text) else { return };
    assert!(!found.problems.is_empty());
    assert!(!found.render().is_empty());
    let lines = text.split('\n').count();
    for problem in &found.problems {
        let place = problem.place();
        let here = &*place.file == "tests/scenarios/hostile.yaml";
        assert!(!here || (1..=lines).contains(&place.line), "{place:?} of {lines} lines");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer(text in any::<String>()) {
        answers(&text);
    }

    #[test]
    fn any_pieces_of_the_format_get_an_answer(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
    ) {
        answers(&pieces.concat());
    }

    #[test]
    fn a_mangled_scenario_gets_an_answer(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize), 1..6),
        inserted in prop::sample::select(PIECES),
    ) {
        let mut text: Vec<char> = valid().chars().collect();
        for (at, length) in cuts {
            let from = at.index(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, inserted.chars());
        }
        answers(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_short_form_gets_an_answer(text in "[a-z0-9(){}=\"'<> .,ü$]{0,40}") {
        answers(&valid().replace("ratio(success) >= 95%", &text));
    }

    #[test]
    fn any_expression_gets_an_answer(text in "[a-z0-9(){}\\[\\]=~\"<>$ .,ü+*]{0,40}") {
        answers(&valid().replace("max(max_over_time(export_memory_bytes[$run]))", &text));
    }
}

#[test]
fn any_bytes_on_disk_get_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bytes.yaml");
    for (seed, length) in (0..64_u8).zip((0..4_096).step_by(64)) {
        let bytes: Vec<u8> =
            (0..=u8::MAX).cycle().map(|byte| byte.wrapping_mul(31) ^ seed).take(length).collect();
        std::fs::write(&path, &bytes).unwrap();
        let read = read_document(&path, &Variables::new(), &ReadOptions::default());
        assert!(!read.unwrap_err().render().is_empty());
    }
}

#[test]
fn a_deeply_nested_expression_gets_an_answer() {
    for (open, close) in [("(", ")"), ("-", ""), ("abs(", ")"), ("1 + ", ""), ("sum(x) or ", "")] {
        let nested = open.repeat(3_000) + "x" + &close.repeat(3_000);
        answers(&valid().replace("max(max_over_time(export_memory_bytes[$run]))", &nested));
    }
}

#[test]
fn an_expansion_bomb_is_refused_soon() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (from, to) in ('a'..'j').zip('b'..='j') {
        let aliases = format!("*{from}, ").repeat(6);
        text.extend([format!("{to}: &{to} ["), aliases, "]\n".to_owned()]);
    }
    assert!(read(&text).is_err());
}

#[test]
fn a_file_that_is_larger_than_any_scenario_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.yaml");
    std::fs::write(&path, " ".repeat(5_000_000)).unwrap();
    let read = read_document(&path, &Variables::new(), &ReadOptions::default());
    assert!(read.unwrap_err().to_string().contains("larger than 4 MiB"));
}

#[test]
fn a_pipe_in_place_of_a_file_is_told_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (variables, options) = (Variables::new(), ReadOptions::default());
    let told = |file: &Path| {
        let read = read_document(file, &variables, &options);
        read.map(|_| ()).unwrap_err().to_string()
    };
    let as_scenario = told(&pipe);
    assert!(as_scenario.contains("it is a pipe, not a file"), "{as_scenario}");
    let file = folder.path().join("x.yaml");
    let text = "version: 1\nname: x\ntarget: http://127.0.0.1:1\nslo: none\n\
                data: { users: { csv: pipe.yaml } }\n\
                load: [{ name: a, rate: 1/s, for: 1s }]\n\
                requests: [{ name: a, get: '/{{users.name}}' }]\n";
    std::fs::write(&file, text).unwrap();
    let as_rows = told(&file);
    assert!(as_rows.contains("it is a pipe, not a file"), "{as_rows}");
}
