//! Every page is true: its examples read, its links lead somewhere, its commands end as it
//! says they do, and the files that it names are there.
//!
//! Notation, chosen so that a reader sees nothing of it:
//! - In a `console` block a line with `$ ` is a command, what follows is what it prints, and
//!   `[…]` stands for what was left out. The exit code is the one that `$ echo $?` after it
//!   shows, or the one that the shown output names, or 0.
//! - A block whose first line is a comment with a file's name (`# export.yaml`) is that file,
//!   and the page's commands find it in their folder.
//! - `yaml` means files of our own, unless that name or the block's keys say otherwise.
//! - A command with `# in a terminal of its own; listens on ADDRESS` behind it is a server: the
//!   test starts it on a free port, waits until it listens, and ends it with the page.
//! - On a page that starts none of its own there, `127.0.0.1:4001` is the reference service,
//!   `127.0.0.1:8080` a shop that is always well, and `127.0.0.1:9090` a Prometheus that scrapes
//!   the service.
//!
//! What cannot run here stands in `not_run.rs`, each with the reason.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod blocks;
mod command_lines;
mod commands;
mod examples;
mod explanations;
mod links;
mod markdown;
mod named_files;
mod not_run;
mod outputs;
mod pages;
mod servers;
mod shell;
mod stage;
#[path = "../support/mod.rs"]
mod support;

/// Fails with all problems at once.
#[track_caller]
fn none_of(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
