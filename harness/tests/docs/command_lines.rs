//! Every slogate command line that a page or a pipeline has, held against the program's own
//! reading of its arguments: whether it can be run here or not.

use slogate::cli::understands;

use crate::markdown::Block;
use crate::pages::{self, Page};
use crate::shell::simple_commands;
use crate::{commands, none_of};

#[test]
fn every_command_line_is_understood() {
    let mut lines = Vec::new();
    for page in pages::for_users() {
        lines.extend(in_consoles(&page));
        lines.extend(page.parts().blocks.iter().flat_map(|block| in_pipeline(&page.name, block)));
    }
    lines.extend(in_shipped_pipelines());
    assert!(lines.len() >= 20, "only {} command lines were found", lines.len());
    none_of(&lines.iter().filter_map(problem).collect::<Vec<_>>());
}

#[test]
fn a_flag_that_is_not_there_is_found() {
    let text = "```console\n$ slogate gate --nope\n$ cargo run --release -- run --for 3s x.yaml\n```\n\
                ```yaml\nscript: slogate gate --pdf\n```\n```groovy\nsh 'slogate gat'\n```\n";
    let page = Page { name: "p.md".to_owned(), text: text.to_owned() };
    let mut lines = in_consoles(&page);
    lines.extend(page.parts().blocks.iter().flat_map(|block| in_pipeline(&page.name, block)));
    let problems: Vec<_> = lines.iter().filter_map(problem).collect();
    assert_eq!(problems.len(), 3, "{problems:#?}");
}

/// Where a command line stands, and its words after the program.
type Line = (String, Vec<String>);

fn problem((place, words): &Line) -> Option<String> {
    let problem = understands(words).err()?;
    Some(format!("{place}: slogate {}: {problem}", words.join(" ")))
}

fn in_consoles(page: &Page) -> Vec<Line> {
    let shown = commands::shown(page).into_iter();
    let lines = shown.flat_map(|one| {
        let commands = simple_commands(&one.text).into_iter();
        commands.filter_map(move |words| Some((one.place.clone(), arguments(&words)?)))
    });
    lines.collect()
}

/// The arguments of slogate, if the words call it: also through cargo.
fn arguments(words: &[String]) -> Option<Vec<String>> {
    match words {
        [program, rest @ ..] if program == "slogate" => Some(rest.to_vec()),
        [cargo, run, rest @ ..] if cargo == "cargo" && run == "run" => {
            let dashes = rest.iter().position(|word| word == "--")?;
            Some(rest[dashes + 1..].to_vec())
        }
        _ => None,
    }
}

/// Command lines in what a pipeline reads: `run: slogate …`, `- slogate …`, `sh 'slogate …'`.
fn in_pipeline(place: &str, block: &Block) -> Vec<Line> {
    if !matches!(block.language.as_str(), "yaml" | "groovy") {
        return Vec::new();
    }
    in_text(place, block.line, &block.text)
}

fn in_shipped_pipelines() -> Vec<Line> {
    let files = pages::sorted_files(&pages::root().join("docs/examples/ci"));
    assert_eq!(files.len(), 3, "{files:?}");
    let lines = files.iter().flat_map(|path| {
        let found =
            in_text(&path.display().to_string(), 0, &std::fs::read_to_string(path).unwrap());
        assert!(!found.is_empty(), "{} runs nothing", path.display());
        found
    });
    lines.collect()
}

fn in_text(place: &str, above: usize, text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, line) in (above + 1..).zip(text.lines()) {
        let Some((before, command)) = line.split_once("slogate ") else { continue };
        let opened = before.chars().last();
        let is_command = before.trim_start_matches([' ', '-']).is_empty()
            || before.ends_with(": ")
            || matches!(opened, Some('\'' | '"'));
        if is_command && !before.contains('#') {
            let quote = opened.filter(|quote| matches!(quote, '\'' | '"'));
            let command = quote.and_then(|quote| command.split(quote).next()).unwrap_or(command);
            let words = simple_commands(command).into_iter().next().unwrap_or_default();
            lines.push((format!("{place}:{number}"), words));
        }
    }
    lines
}
