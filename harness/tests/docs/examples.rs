//! Blocks and files that others read: scenarios, rules, workflows. A part of a scenario is
//! read with the rest of one around it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use slogate::scenario::{ReadOptions, Variables, read_document};
use tempfile::TempDir;

use crate::blocks::{Format, file_name, format, top_level_keys};
use crate::markdown::Block;
use crate::none_of;
use crate::pages::{self, Page};
use crate::support::outside;

/// A whole scenario, into which the examples that show a part are put.
const AROUND: &str = "\
version: 1
name: example
target: http://127.0.0.1:8080
metrics: { path: /metrics }
load:
  - { name: steady, rate: 40/s, for: 10s }
requests:
  - { name: csv, get: / }
slo: none
";
/// A whole workflow, into which steps are put.
const WORKFLOW: &str = "on: push\njobs:\n  gate:\n    runs-on: ubuntu-24.04\n    steps:\n";

#[test]
fn every_yaml_block_is_what_its_reader_takes() {
    let mut count = 0;
    let mut problems = Vec::new();
    for page in pages::for_users() {
        let blocks = page.blocks_in("yaml");
        count += blocks.len();
        problems.extend(check_page(&page, &blocks));
    }
    assert!(count >= 30, "only {count} examples were found");
    none_of(&problems);
}

#[test]
fn an_example_that_does_not_read_is_found() {
    for (text, expected) in [
        ("slo:\n  - 'p95(latenzy) < 1s'\n", "latenzy"),
        ("slo:\n  - 'p99.9(latency) < 1s'\n", "sample"),
        ("groups:\n  - { name: a, rules: [{ alert: A, expr: 'sum(' }] }\n", "sum("),
    ] {
        let page = Page { name: "p.md".to_owned(), text: format!("```yaml\n{text}```\n") };
        let problems = check_page(&page, &page.blocks_in("yaml"));
        assert!(problems.len() == 1 && problems[0].contains(expected), "{text}{problems:#?}");
    }
}

#[test]
fn a_workflow_that_breaks_its_schema_is_found() {
    if !outside::has("check-jsonschema") {
        return;
    }
    for text in ["- uses: a/b@c\n  wiht: {}\n", "# .gitlab-ci.yml\njob: { script: 3 }\n"] {
        let page = Page { name: "p.md".to_owned(), text: format!("```yaml\n{text}```\n") };
        assert_eq!(check_page(&page, &page.blocks_in("yaml")).len(), 1, "{text}");
    }
}

#[test]
fn every_shipped_pipeline_fits_the_schema_of_its_reader() {
    let folder = pages::root().join("docs/examples/ci");
    for (file, format) in
        [(".gitlab-ci.yml", Format::GitLab), ("github.yml", Format::GitHubWorkflow)]
    {
        none_of(&read_by(format, &folder.join(file)).into_iter().collect::<Vec<_>>());
    }
}

fn check_page(page: &Page, blocks: &[Block]) -> Vec<String> {
    let folder = folder_of(page);
    let mut problems = Vec::new();
    for block in blocks {
        let format = format(block);
        let default = format!("block-{}.yaml", block.line);
        let path = folder.path().join(file_name(block).unwrap_or(&default));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, completed(format, &block.text)).unwrap();
        let problem = read_by(format, &path);
        problems.extend(problem.map(|problem| format!("{}:{}: {problem}", page.name, block.line)));
    }
    problems
}

/// A folder with the files that a page shows, and what examples include.
fn folder_of(page: &Page) -> TempDir {
    let folder = with_shared_files();
    for block in page.parts().blocks {
        if let Some(name) = file_name(&block) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &block.text).unwrap();
        }
    }
    folder
}

/// A folder with what examples include.
pub(crate) fn with_shared_files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shared = pages::root().join("scenarios/export-assertions.yaml");
    std::fs::copy(shared, folder.path().join("export-assertions.yaml")).unwrap();
    std::fs::write(folder.path().join("token.txt"), "t").unwrap();
    folder
}

/// The example itself if it is whole, otherwise with the rest of a file of its kind.
fn completed(format: Format, example: &str) -> String {
    match format {
        Format::Scenario => completed_scenario(example),
        Format::GitHubSteps => {
            let steps = example.lines().map(|line| format!("      {line}\n"));
            format!("{WORKFLOW}{}", steps.collect::<String>())
        }
        _ => example.to_owned(),
    }
}

pub(crate) fn completed_scenario(example: &str) -> String {
    let keys = top_level_keys(example);
    if keys.contains(&"version") {
        return example.to_owned();
    }
    let mut text = example.to_owned();
    let mut keeps = true;
    for line in AROUND.lines() {
        if let Some(key) = top_level_keys(line).first() {
            let instead = if *key == "requests" { "flows" } else { key };
            keeps = !keys.contains(key) && !keys.contains(&instead);
        }
        if keeps {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// What the reader of such files says against one.
fn read_by(format: Format, path: &Path) -> Option<String> {
    match format {
        Format::Scenario => read_by_us(path),
        Format::Rules => output_if_refused(&checked_by_us(path)),
        Format::GitHubWorkflow | Format::GitHubSteps => {
            fits_schema("vendor.github-workflows", path)
        }
        Format::GitLab => fits_schema("vendor.gitlab-ci", path),
        Format::Compose => fits_schema("vendor.compose-spec", path),
        Format::Server => None,
    }
}

/// Warnings are problems here.
fn read_by_us(path: &Path) -> Option<String> {
    let variables = ["TOKEN", "PASSWORD"].map(|name| (name.to_owned(), "t".to_owned()));
    let variables = Variables::from(variables);
    match read_document(path, &variables, &ReadOptions::default()) {
        Ok((_, warnings)) if warnings.is_empty() => None,
        Ok((_, warnings)) => Some(format!("{warnings:#?}")),
        Err(problems) => Some(problems.render()),
    }
}

fn checked_by_us(path: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_slogate"))
        .arg("check")
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn fits_schema(schema: &str, path: &Path) -> Option<String> {
    if !outside::has("check-jsonschema") {
        return None;
    }
    let mut command = Command::new("check-jsonschema");
    let output = command.args(["--builtin-schema", schema]).arg(path).output().unwrap();
    output_if_refused(&output)
}

fn output_if_refused(output: &Output) -> Option<String> {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (!output.status.success()).then(|| String::from_utf8_lossy(&said).into_owned())
}
