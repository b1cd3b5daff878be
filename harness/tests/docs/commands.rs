//! Commands in `console` blocks: read from the page, and run in its folder.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::thread;

use crate::markdown::Block;
use crate::not_run::{NOT_RUN, NotRun};
use crate::pages::{self, Page};
use crate::shell::simple_commands;
use crate::stage::Stage;
use crate::support::outside;
use crate::{none_of, outputs};

/// Programs that every machine has on which the tests run.
const EVERYWHERE: [&str; 6] = ["slogate", "cat", "cp", "echo", "mkdir", "rm"];
/// Programs that need not be there: a command with one is skipped without it.
const WHERE_INSTALLED: [&str; 5] = ["curl", "jq", "k6", "promtool", "vegeta"];

/// How reasons end that lie with the machine.
const BUSY: [&str; 2] = ["run it on a less busy machine", "lower the rate or give it more CPU"];

/// A command and what its page says of it.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    /// Page and line.
    pub(crate) place: String,
    /// As a shell reads it.
    pub(crate) text: String,
    pub(crate) output: Vec<String>,
    pub(crate) code: i32,
}

#[test]
fn every_command_ends_as_its_page_says() {
    let problems = thread::scope(|scope| {
        let pages = pages::for_users();
        let runs: Vec<_> =
            pages.into_iter().map(|page| scope.spawn(move || run_page(&page))).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    none_of(&problems);
}

#[test]
fn nothing_is_listed_as_not_run_that_no_page_has() {
    let pages = pages::for_users();
    let is_gone = |entry: &&NotRun| {
        let page = pages.iter().find(|page| page.name == entry.page);
        page.is_none_or(|page| !shown(page).iter().any(|command| matches(entry, page, command)))
    };
    let gone = NOT_RUN.iter().filter(is_gone);
    none_of(&gone.map(|entry| format!("{}: {}", entry.page, entry.command)).collect::<Vec<_>>());
}

#[test]
fn commands_stand_in_console_blocks_only() {
    let mut problems = Vec::new();
    for page in pages::for_users() {
        for block in page.parts().blocks {
            let is_shell = matches!(block.language.as_str(), "sh" | "bash" | "shell");
            let has_prompt = block.text.lines().any(|line| line.starts_with("$ "));
            if is_shell || (has_prompt && block.language != "console") {
                problems.push(format!("{}:{}: make it `console`", page.name, block.line));
            }
        }
    }
    none_of(&problems);
}

#[test]
fn commands_are_read_with_their_output_and_exit_code() {
    let text = "```console\n$ a \\\n  b   # why\nsaid\n$ echo $?\n3\n$ c\nFAIL: no; exit 1: it\n$ d\n```\n";
    let page = Page { name: "p.md".to_owned(), text: text.to_owned() };
    let shown = shown(&page);
    let read: Vec<_> = shown.iter().map(|one| (one.text.as_str(), one.code)).collect();
    assert_eq!(read, [("a \\\n  b   # why", 3), ("c", 1), ("d", 0)]);
    assert_eq!(shown[0].output, ["said"]);
    assert_eq!(shown[0].place, "p.md:2");
}

#[test]
fn a_command_that_ends_otherwise_is_found() {
    let text = "```console\n$ slogate check none.yaml\n$ slogate schema | cat\nnot this\n```\n";
    let page = Page { name: "p.md".to_owned(), text: text.to_owned() };
    let problems = run_page(&page);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].contains("ends with 2, and the page says 0"), "{problems:#?}");
    assert!(problems[1].contains("does not print `not this`"), "{problems:#?}");
}

#[test]
fn an_unknown_program_is_found() {
    let text = "```console\n$ wget http://127.0.0.1\n```\n";
    let page = Page { name: "p.md".to_owned(), text: text.to_owned() };
    assert!(run_page(&page)[0].contains("not_run.rs"));
}

/// All commands of a page.
pub(crate) fn shown(page: &Page) -> Vec<Shown> {
    let blocks = page.blocks_in("console");
    blocks.iter().flat_map(|block| shown_in(page, block)).collect()
}

fn shown_in(page: &Page, block: &Block) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut is_continued = false;
    let mut asks_for_code = false;
    for (number, line) in (block.line + 1..).zip(block.text.lines()) {
        match (line.strip_prefix("$ "), shown.last_mut()) {
            (Some("echo $?"), Some(_)) => asks_for_code = true,
            (Some(text), _) => {
                is_continued = text.ends_with('\\');
                shown.push(command(format!("{}:{number}", page.name), text));
            }
            (None, Some(command)) if is_continued => {
                is_continued = line.ends_with('\\');
                command.text.push('\n');
                command.text.push_str(line);
            }
            (None, Some(command)) if asks_for_code => {
                command.code = line.trim().parse().unwrap();
                asks_for_code = false;
            }
            (None, Some(command)) => {
                command.code = outputs::exit_code(line).unwrap_or(command.code);
                command.output.push(line.to_owned());
            }
            (None, None) => panic!("{}:{number}: output before a command", page.name),
        }
    }
    shown
}

fn command(place: String, text: &str) -> Shown {
    Shown { place, text: text.to_owned(), output: Vec::new(), code: 0 }
}

/// Runs a page's commands, one after the other, and gives what is not as it says.
fn run_page(page: &Page) -> Vec<String> {
    let mut commands = shown(page);
    commands.retain(|command| !NOT_RUN.iter().any(|entry| matches(entry, page, command)));
    if commands.is_empty() {
        return Vec::new();
    }
    let stage = Stage::set(page);
    commands.iter().filter_map(|command| run(&stage, command)).collect()
}

fn matches(entry: &NotRun, page: &Page, command: &Shown) -> bool {
    assert!(!entry.because.is_empty());
    entry.page == page.name && command.text.starts_with(entry.command)
}

fn run(stage: &Stage, shown: &Shown) -> Option<String> {
    let at = |problem: String| Some(format!("{}: `{}`: {problem}", shown.place, shown.text));
    match programs_are_there(&shown.text) {
        Ok(true) if !stage.lacks_prometheus(&shown.text) => {}
        Ok(_) => return None,
        Err(program) => {
            return at(format!("{program} is not run by this test; say why in not_run.rs"));
        }
    }
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{}", stage.placed(&shown.text))])
        .current_dir(stage.folder())
        .envs(stage.environment())
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = stage.as_written(&String::from_utf8_lossy(&output.stdout));
    if is_excused(&said, output.status.code(), shown.code) {
        return None;
    }
    if output.status.code() != Some(shown.code) {
        let code = output.status.code();
        let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        return at(format!("ends with {code}, and the page says {}:\n{said}", shown.code));
    }
    let missing = outputs::missing_line(&shown.output, &said)?;
    at(format!("does not print `{missing}`:\n{said}"))
}

/// Whether slogate itself says that this machine is too busy to tell: a doubt in place of a
/// verdict is then right, and no other verdict is.
#[expect(clippy::print_stderr, reason = "what was not compared is said")]
fn is_excused(said: &str, code: Option<i32>, shown: i32) -> bool {
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_busy = BUSY.iter().any(|reason| words.contains(reason));
    let is_doubt = code == Some(3) || code == Some(shown);
    if is_busy && is_doubt {
        eprintln!("not compared: the machine is too busy:\n{said}");
    }
    is_busy && is_doubt
}

/// Whether all programs of a command are there; an error names one that is unknown.
fn programs_are_there(text: &str) -> Result<bool, String> {
    let commands = simple_commands(text);
    let programs: BTreeSet<_> = commands.iter().map(|words| words[0].as_str()).collect();
    for program in programs {
        if EVERYWHERE.contains(&program) {
            continue;
        }
        if !WHERE_INSTALLED.contains(&program) {
            return Err(program.to_owned());
        }
        if !outside::has(program) {
            return Ok(false);
        }
    }
    Ok(true)
}
