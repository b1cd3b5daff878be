//! Codes are public interface: each is unique, listed, explained, and there to stay.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use slogate::cli;
use slogate::code::Code;
use support::Workspace;
use support::page::assert_fresh;

/// Where the names stand that exist; one is added by hand, and none is ever taken out.
const NAMES: &str = include_str!("codes.txt");
/// Words that an explanation has at least: what it means, why, and what to do.
const LEAST_WORDS: usize = 35;

fn every() -> Vec<Code> {
    cli::codes().iter().flat_map(|group| group.codes).copied().collect()
}

fn names() -> Vec<&'static str> {
    every().iter().map(Code::name).collect()
}

#[test]
fn no_code_is_renamed_or_removed_or_added_in_silence() {
    let known: Vec<&str> = NAMES.lines().collect();
    assert_eq!(names(), known, "tests/codes.txt and slogate explain differ");
}

#[test]
fn every_code_is_unique_and_well_formed() {
    let names = names();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    for name in names {
        assert!(name.len() <= 25 && name.split('-').all(is_word), "{name}");
    }
}

#[test]
fn every_code_says_what_it_means_why_and_what_to_do() {
    for code in every() {
        let (summary, explanation) = (code.summary(), code.explanation());
        assert!(summary.len() >= 10 && !summary.ends_with('.'), "{code}: {summary}");
        assert!(summary.starts_with(|c: char| c.is_lowercase() || c == '`'), "{code}: {summary}");
        for part in ["\n\nWhy: ", "\n\nWhat to do: "] {
            assert_eq!(explanation.matches(part).count(), 1, "{code}: {part}");
        }
        assert!(explanation.split_whitespace().count() >= LEAST_WORDS, "{code}: {explanation}");
        assert!(!explanation.starts_with("Why"), "{code} does not say what it means");
    }
}

#[test]
fn every_code_of_the_sources_is_listed_and_every_text_is_used() {
    let listed = names();
    let (mut made, mut texts) = (0, 0);
    for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if end == "md" {
            texts += 1;
            assert!(listed.contains(&stem), "{} is the text of no code", path.display());
        }
        if end != "rs" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for made_here in code.split("Code::new(").skip(1) {
            made += 1;
            let mut words = made_here.split('"').skip(1).step_by(2);
            let (name, file) = (words.next().unwrap(), words.next().unwrap());
            assert!(listed.contains(&name), "{}: `{name}` is not listed", path.display());
            assert!(file.ends_with(&format!("/{name}.md")), "`{name}` has the text {file}");
        }
    }
    assert_eq!((made, texts), (listed.len(), listed.len()));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn the_committed_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes.md");
    let page = cli::codes_page();
    assert_fresh(&path, &page);
}

#[test]
fn every_code_can_be_explained_and_is_listed() {
    let workspace = Workspace::new();
    let listed = workspace.run(&["explain"]).expect_code(0).stdout;
    let given: Vec<&str> = std::iter::once("explain").chain(names()).collect();
    let explained = workspace.run(&given).expect_code(0).stdout;
    for code in every() {
        let line = |line: &str| {
            let (name, summary) = line.trim().split_once(' ').unwrap_or_default();
            name == code.name() && summary.trim() == code.summary()
        };
        assert!(listed.lines().any(line), "{code}\n{listed}");
        assert!(explained.contains(&format!("{code}: {}\n", code.summary())), "{code}");
    }
    assert!(!explained.contains("```"), "{explained}");
}

#[test]
fn a_message_can_be_pasted_as_it_stands() {
    let workspace = Workspace::new();
    workspace.write("a.yaml", "version: 1\nnam: x\n");
    let said = workspace.run(&["check", "a.yaml"]).expect_code(2).stderr;
    let pasted = said.split(' ').next().unwrap();
    assert!(pasted.starts_with("error["), "{said}");
    let explained = workspace.run(&["explain", pasted]).expect_code(0).stdout;
    assert!(explained.contains("Why: "), "{explained}");
}

#[test]
fn a_code_that_does_not_exist_is_an_error_of_usage() {
    let workspace = Workspace::new();
    let refused = workspace.run(&["explain", "unknwon-key", "3"]).expect_code(2);
    assert!(refused.stdout.is_empty(), "{}", refused.stdout);
    assert!(refused.stderr.contains("did you mean `unknown-key`?"), "{}", refused.stderr);
}
