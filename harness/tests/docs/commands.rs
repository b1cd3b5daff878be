//! Commands in `console` blocks: read from the page, and run in its folder.

use std::collections::BTreeSet;
use std::iter::from_fn;
use std::sync::Mutex;
use std::thread;

use crate::markdown::Block;
use crate::not_run::{NOT_RUN, NotRun};
use crate::pages::{self, Page};
use crate::servers::listens_on;
use crate::shell::simple_commands;
use crate::stage::Stage;
use crate::support::generations::Tool;
use crate::support::outside;
use crate::{none_of, outputs};

/// Programs that every machine has on which the tests run.
const EVERYWHERE: [&str; 9] = ["slogate", "cat", "cp", "echo", "mkdir", "mv", "rm", "sed", "seq"];
/// Programs that need not be there: a command with one is skipped without it.
const WHERE_INSTALLED: [&str; 8] =
    ["curl", "jq", "k6", "nginx", "prometheus", "prometheus-nginx-exporter", "promtool", "vegeta"];

/// Pages that are run at the same time: with more of them two cores would be too busy to tell.
const AT_ONCE: usize = 2;

/// What stands in reasons that lie with the machine: it was busy, and the generator, the service
/// or the scrapes were late.
const BUSY: [&str; 3] = [
    "run it on a less busy machine",
    "lower the rate, give it more CPU, or share the rate among machines",
    "scrapes and needs 10; scrape more often",
];
/// What `slogate init` says of a service that was slow to answer; pages have one that was quick.
const CAREFUL: &str = "requests, one after the other";

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
    let mut pages = pages::for_users();
    // The longest is taken first, so that it is not the last one that is left.
    pages.sort_by_key(|page| shown(page).len());
    let pages = Mutex::new(pages);
    let take = || pages.lock().unwrap().pop();
    let run_all = || from_fn(take).flat_map(|page| run_page(&page)).collect::<Vec<_>>();
    let problems = thread::scope(|scope| {
        let runs: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run_all)).collect();
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
fn a_server_is_there_for_the_commands_after_it_and_its_output_is_read() {
    let serve = "slogate exporter   # in a terminal of its own; listens on 127.0.0.1:4001";
    let page = |said: &str| Page {
        name: "p.md".to_owned(),
        text: format!(
            "```console\n$ {serve}\n{said}\n$ slogate run http://127.0.0.1:4001/health \\\n    \
             --users 1 --iterations 100 --slo 'ratio(success) >= 95%'\ncommand-line PASS\n```\n"
        ),
    };
    none_of(&run_page(&page("listening on http://127.0.0.1:4001")));
}

#[test]
fn a_server_that_does_not_listen_is_found() {
    let text = "```console\n$ slogate exporter --nope   # in a terminal of its own; listens on \
                127.0.0.1:4001\n$ slogate run http://127.0.0.1:4001 --users 1 --iterations 1\n```\n";
    let page = Page { name: "p.md".to_owned(), text: text.to_owned() };
    let problems = run_page(&page);
    assert!(problems.len() == 1 && problems[0].contains("--nope"), "{problems:#?}");
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
    let mut stage = Stage::set(page);
    let mut problems = Vec::new();
    for command in &commands {
        let is_server = !listens_on(&command.text).is_empty();
        let ended = if is_server { serve(&mut stage, command) } else { run(&stage, command) };
        let is_well = matches!(ended, Ended::AsShown);
        if let Ended::Otherwise(problem) = ended {
            problems.push(format!("{}: `{}`: {problem}", command.place, command.text));
        }
        // Without its server the rest of a page is another one.
        if is_server && !is_well {
            break;
        }
    }
    problems
}

/// How a command ended.
enum Ended {
    /// As its page says, or it could not be told here.
    AsShown,
    Otherwise(String),
    /// Its program is not here.
    NobodyServes,
}

fn matches(entry: &NotRun, page: &Page, command: &Shown) -> bool {
    assert!(!entry.because.is_empty());
    entry.page == page.name && command.text.starts_with(entry.command)
}

fn run(stage: &Stage, shown: &Shown) -> Ended {
    match programs_are_there(&shown.text) {
        Ok(true) if !stage.lacks_prometheus(&shown.text) && !is_of_another_promtool(shown) => {}
        Ok(_) => return Ended::AsShown,
        Err(program) => return Ended::unknown(&program),
    }
    let output = stage.command(&shown.text).output().unwrap();
    let said = stage.as_written(&String::from_utf8_lossy(&output.stdout));
    match difference(shown, output.status.code(), &said) {
        Some(problem) if !is_excused(&said, output.status.code(), shown) => {
            Ended::Otherwise(format!("{problem}:\n{said}"))
        }
        _ => Ended::AsShown,
    }
}

fn difference(shown: &Shown, code: Option<i32>, said: &str) -> Option<String> {
    if code != Some(shown.code) {
        let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        return Some(format!("ends with {code}, and the page says {}", shown.code));
    }
    let missing = outputs::missing(&shown.output, said)?;
    Some(format!("does not print `{missing}`"))
}

fn serve(stage: &mut Stage, shown: &Shown) -> Ended {
    match programs_are_there(&shown.text) {
        Ok(true) => stage.serve(shown).map_or_else(Ended::Otherwise, |()| Ended::AsShown),
        Ok(false) => Ended::NobodyServes,
        Err(program) => Ended::unknown(&program),
    }
}

impl Ended {
    fn unknown(program: &str) -> Self {
        Self::Otherwise(format!("{program} is not run by this test; say why in not_run.rs"))
    }
}

/// Whether slogate itself says that this machine is too busy to tell. A doubt in place of a
/// verdict is then right, and no other verdict is; what is not in doubt is as shown. A look at a
/// service that is slow to answer takes it easy.
#[expect(clippy::print_stderr, reason = "what was not compared is said")]
fn is_excused(said: &str, code: Option<i32>, shown: &Shown) -> bool {
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_busy = BUSY.iter().any(|reason| words.contains(reason));
    let is_doubt = (code == Some(3) || code == Some(shown.code))
        && outputs::missing_but_for_doubts(&shown.output, said).is_none();
    let is_careful = words.contains(CAREFUL) && code == Some(shown.code);
    let is_excused = (is_busy && is_doubt) || is_careful;
    if is_excused {
        eprintln!("not compared: the machine is too busy:\n{said}");
    }
    is_excused
}

/// Whether an output is that of another generation of promtool than the one that is here.
#[expect(clippy::print_stderr, reason = "what was not compared is said")]
fn is_of_another_promtool(shown: &Shown) -> bool {
    let Some(major) = outputs::promtool_generation(&shown.output) else { return false };
    let here = Tool::installed("promtool").map(|tool| tool.major());
    let is_another = here.is_some_and(|here| here != major);
    if is_another {
        eprintln!("skipped: `{}` is about promtool {major}, and {here:?} is here", shown.text);
    }
    is_another
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
