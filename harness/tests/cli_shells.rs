//! Completions and manual pages are what shells and `man` take.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{Workspace, outside};

fn script(shell: &str, workspace: &Workspace) -> String {
    let ended = workspace.run(&["completions", shell]).expect_code(0);
    workspace.write(&format!("slogate.{shell}"), &ended.stdout);
    ended.stdout
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "80")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn every_shell_reads_its_completions() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(script(shell, &workspace).contains("on-inconclusive"), "{shell}");
        if outside::has(shell) {
            let read = run(shell, &["-n", &format!("slogate.{shell}")], workspace.path());
            assert!(read.status.success() && read.stderr.is_empty(), "{shell}: {read:?}");
        }
    }
    workspace.run(&["completions", "cmd"]).expect_code(2);
}

#[test]
fn bash_completes_verbs_and_flags() {
    if !outside::has("bash") {
        return;
    }
    let workspace = Workspace::new();
    script("bash", &workspace);
    let completed = |words: &str| {
        let text = format!(
            "source slogate.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _slogate slogate \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let shown = run("bash", &["--norc", "-c", &text], workspace.path());
        String::from_utf8(shown.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("slogate ru"), "run rules");
    assert_eq!(completed("slogate run --on"), "--on-inconclusive");
    assert_eq!(completed("slogate init --for"), "--force");
    assert_eq!(completed("slogate explain unknown-k"), "unknown-key");
}

#[test]
fn every_verb_has_a_manual_page_without_a_warning() {
    let workspace = Workspace::new();
    workspace.run(&["man", "made/man1"]).expect_code(0);
    let folder = workspace.path().join("made/man1");
    let mut pages: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    for page in ["slogate.1", "slogate-init.1", "slogate-run.1", "slogate-rules-test.1"] {
        assert!(pages.iter().any(|one| one == page), "{pages:?}");
    }
    assert!(!pages.iter().any(|page| page.contains("help")), "{pages:?}");
    for page in &pages {
        if outside::has("man") {
            let shown = run("man", &["--warnings", "-l", page], &folder);
            assert!(shown.status.success() && shown.stderr.is_empty(), "{page}: {shown:?}");
        }
        if outside::has("mandoc") {
            let linted = run("mandoc", &["-T", "lint", "-W", "error", page], &folder);
            assert!(linted.status.success(), "{page}: {linted:?}");
        }
    }
}

#[test]
fn the_page_of_the_program_is_printed() {
    let workspace = Workspace::new();
    let page = workspace.run(&["man"]).expect_code(0).stdout;
    assert!(page.contains(".TH slogate 1") && page.contains("slogate\\-run(1)"), "{page}");
    workspace.write("file", "");
    let refused = workspace.run(&["man", "file/man1"]).expect_code(2);
    assert!(refused.stderr.contains("file/man1"), "{}", refused.stderr);
}
