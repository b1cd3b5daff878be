//! What `slogate explain` says of a scenario file's codes is true: the example that is wrong
//! gives that code and no other, and the better one gives nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use slogate::code::Code;
use slogate::scenario::codes::CODES;

use crate::blocks::file_name;
use crate::examples::{completed_scenario, with_shared_files};
use crate::markdown::{Block, Parts};
use crate::none_of;

#[test]
fn a_wrong_example_gives_its_code_and_no_other() {
    let wrong = CODES.codes.iter().filter_map(|code| {
        let examples = blocks(*code, "yaml,wrong");
        let given = |block: &Block| codes_of(&checked(block));
        let is_right = |block: &Block| given(block) == BTreeSet::from([code.name().to_owned()]);
        let is_shown = !examples.is_empty() && examples.iter().all(is_right);
        (!is_shown).then(|| format!("{code}: {:?}", examples.iter().map(given).collect::<Vec<_>>()))
    });
    none_of(&wrong.collect::<Vec<_>>());
}

#[test]
fn a_better_example_gives_nothing() {
    let wrong = CODES.codes.iter().filter_map(|code| {
        let examples = blocks(*code, "yaml");
        let said = |block: &Block| text(&checked(block).stderr);
        let is_clean = !examples.is_empty() && examples.iter().all(|block| said(block).is_empty());
        (!is_clean).then(|| format!("{code}: {:?}", examples.iter().map(said).collect::<Vec<_>>()))
    });
    none_of(&wrong.collect::<Vec<_>>());
}

fn blocks(code: Code, language: &str) -> Vec<Block> {
    let blocks = Parts::of(code.explanation()).blocks.into_iter();
    blocks.filter(|block| block.language == language).collect()
}

/// The rule file beside each example.
const QUEUE_RULES: &str =
    "groups: [{name: queue, rules: [{alert: QueueFull, expr: queue_depth > 10}]}]\n";

/// What `slogate check` says of an example, which stands in a folder with a scenario, a list
/// of objectives, a rule file and a token.
fn checked(block: &Block) -> Output {
    let folder = with_shared_files();
    std::fs::write(folder.path().join("scenario.yaml"), completed_scenario("slo: none\n")).unwrap();
    std::fs::write(folder.path().join("queue.yml"), QUEUE_RULES).unwrap();
    let (name, text) = match file_name(block) {
        Some(name) => (name, block.text.clone()),
        None => ("example.yaml", completed_scenario(&block.text)),
    };
    std::fs::write(folder.path().join(name), text).unwrap();
    check(folder.path(), name)
}

fn check(folder: &Path, name: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slogate"))
        .args(["check", name])
        .current_dir(folder)
        .env("TOKEN", "abcdef123456")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The codes in what was said: `error[CODE]` and `warning[CODE]`.
fn codes_of(output: &Output) -> BTreeSet<String> {
    let said = text(&output.stderr);
    let marks = ["error[", "warning["].into_iter();
    let named = marks.flat_map(|mark| said.split(mark).skip(1));
    named.filter_map(|rest| Some(rest.split_once(']')?.0.to_owned())).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
