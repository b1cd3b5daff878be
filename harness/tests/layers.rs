//! The direction of dependencies, as ARCHITECTURE.md states it, held by reading the sources.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers of `harness/src`, lowest first; modules of one layer do not see each other.
const LAYERS: &[&[&str]] = &[
    &["code", "units", "clock", "glob"],
    &["histogram", "exposition"],
    &["series"],
    &["scenario"],
    &["load", "scrape", "rules", "target", "machine"],
    &["slo"],
    &["gate", "propose"],
    &["archive"],
    &["query"],
    &["dashboard"],
    &["report"],
    &["session"],
    &["cli"],
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Each source file below `src` with the module (first path segment) it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    let module_of = |path: &Path| {
        let first = path.strip_prefix(&src).unwrap().components().next().unwrap();
        Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
    };
    rust_files(&src)
        .into_iter()
        .map(|path| (module_of(&path), path.clone(), fs::read_to_string(&path).unwrap()))
        .filter(|(module, ..)| module != "lib" && module != "main")
        .collect()
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// Top-level modules that a file names: `crate::x` and `crate::{x, y::z}`.
fn modules_named(text: &str) -> BTreeSet<String> {
    let text = without_comments(text);
    let mut named = BTreeSet::new();
    for (at, prefix) in text.match_indices("crate::") {
        let rest = &text[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            named.extend(first_segments(group));
        } else {
            named.insert(first_word(rest));
        }
    }
    named
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first segment of each item of a brace group, nested groups passed over.
fn first_segments(group: &str) -> Vec<String> {
    let (mut depth, mut items, mut item) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ if depth == 0 => item.push(c),
            _ => {}
        }
    }
    items.push(item);
    items.iter().map(|item| first_word(item.trim())).filter(|word| !word.is_empty()).collect()
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

#[test]
fn every_module_has_a_layer() {
    for (module, path, _) in sources() {
        assert!(layer_of(&module).is_some(), "{}: `{module}` has no layer", path.display());
    }
}

#[test]
fn a_module_uses_lower_layers_only() {
    let mut breaks = Vec::new();
    for (module, path, text) in sources() {
        for used in modules_named(&text) {
            let (Some(own), Some(other)) = (layer_of(&module), layer_of(&used)) else { continue };
            if used != module && other >= own {
                breaks.push(format!("{}: `{module}` uses `{used}`", path.display()));
            }
        }
    }
    assert!(breaks.is_empty(), "{}", breaks.join("\n"));
}

fn files_that_name(word: &str) -> BTreeSet<String> {
    sources()
        .into_iter()
        .filter(|(_, _, text)| without_comments(text).contains(word))
        .map(|(module, ..)| module)
        .collect()
}

#[test]
fn only_the_command_line_knows_clap_and_the_exporter() {
    assert!(files_that_name("clap::").is_subset(&["cli".to_owned()].into()));
    assert!(files_that_name("exporter::").is_subset(&["cli".to_owned()].into()));
}

#[test]
fn the_judging_modules_do_no_input_or_output() {
    for word in
        ["std::fs", "std::net", "tokio::", "reqwest::", "hyper::", "Instant::now", "SystemTime"]
    {
        let found = files_that_name(word);
        for pure in ["units", "histogram", "slo", "gate", "propose"] {
            assert!(!found.contains(pure), "`{pure}` names `{word}`");
        }
    }
}

#[test]
fn the_promql_crate_is_pure() {
    for path in rust_files(&root().join("promql/src")) {
        let text = without_comments(&fs::read_to_string(&path).unwrap());
        for word in
            ["std::fs", "std::net", "std::env", "tokio", "clap", "Instant::now", "SystemTime"]
        {
            assert!(!text.contains(word), "{} names `{word}`", path.display());
        }
    }
}

#[test]
fn the_reader_of_imports_sees_groups_and_paths() {
    let text = "use crate::{a, b::{c, d}, e::f};\nlet x = crate::g::h(); // crate::ignored";
    let expected: BTreeSet<String> = ["a", "b", "e", "g"].map(String::from).into();
    assert_eq!(modules_named(text), expected);
}
