//! Blocks of pages that are files: what each is, and who can read it.

use crate::markdown::Block;

/// Who reads a YAML block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A scenario, a list of objectives, or a part of one.
    Scenario,
    /// Rules, or unit tests of rules.
    Rules,
    GitHubWorkflow,
    /// Steps of a workflow's job.
    GitHubSteps,
    GitLab,
    Compose,
    /// A server's configuration; nobody here reads it.
    Server,
}

/// The name of the file that a block is: a comment with a single word with an extension, or a
/// dot, on its first line.
pub(crate) fn file_name(block: &Block) -> Option<&str> {
    let first = block.text.lines().next()?;
    let name = first.strip_prefix("# ").or_else(|| first.strip_prefix("// "))?.trim();
    let is_name = name.contains('.') && !name.ends_with('.') && !name.contains([' ', '$', ':']);
    is_name.then_some(name)
}

/// The keys at the left margin.
pub(crate) fn top_level_keys(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once(':').map(|(key, _)| key))
        .collect()
}

pub(crate) fn format(block: &Block) -> Format {
    let keys = top_level_keys(&block.text);
    let has = |key: &str| keys.contains(&key);
    match file_name(block) {
        Some(name) if name.ends_with(".gitlab-ci.yml") => Format::GitLab,
        Some("compose.yaml") => Format::Compose,
        Some("prometheus.yml" | "alertmanager.yml") => Format::Server,
        _ if has("jobs") => Format::GitHubWorkflow,
        _ if block.text.starts_with("- ") => Format::GitHubSteps,
        _ if has("services") => Format::Compose,
        _ if has("scrape_configs") => Format::Server,
        _ if has("groups") || has("tests") || has("rule_files") => Format::Rules,
        _ => Format::Scenario,
    }
}

#[test]
fn a_block_says_what_it_is() {
    let block = |text: &str| Block { language: "yaml".to_owned(), line: 1, text: text.to_owned() };
    for (text, expected) in [
        ("slo: []\n", Format::Scenario),
        ("# a.yml\ngroups: []\n", Format::Rules),
        ("# .gitlab-ci.yml\njob: {}\n", Format::GitLab),
        ("name: x\non: push\njobs: {}\n", Format::GitHubWorkflow),
        ("- uses: actions/checkout@1\n", Format::GitHubSteps),
        ("services: {}\n", Format::Compose),
    ] {
        assert_eq!(format(&block(text)), expected, "{text}");
    }
    assert_eq!(file_name(&block("# export.yaml\n")), Some("export.yaml"));
    assert_eq!(file_name(&block("# yaml-language-server: $schema=x.json\n")), None);
}
