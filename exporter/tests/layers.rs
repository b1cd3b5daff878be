//! Modules of the service point one way, and this says so: `routes` → `job` →
//! `format`, with `metrics` and `limits` beside them. A new edge is a decision.

#![expect(clippy::unwrap_used, reason = "a panic is how a test reports")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Each module, and the modules of this crate that it may use.
const EDGES: &[(&str, &[&str])] = &[
    ("access", &["catalogue"]),
    ("catalogue", &["format", "problem"]),
    ("command", &["access", "options", "probe", "server"]),
    ("config", &["access", "faults"]),
    ("faults", &["catalogue", "format", "metrics", "quantity"]),
    ("format", &[]),
    ("in_memory", &["format", "job", "metrics", "problem"]),
    ("job", &["config", "format", "metrics", "problem"]),
    ("limits", &[]),
    ("metrics", &["catalogue", "format", "problem"]),
    ("options", &["access", "config", "faults", "quantity"]),
    ("probe", &["quantity"]),
    ("problem", &[]),
    ("quantity", &[]),
    ("routes", &["access", "config", "faults", "format", "job", "limits", "metrics", "problem"]),
    ("server", &["config", "limits", "routes"]),
];

#[test]
fn modules_use_only_what_their_layer_allows() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules: BTreeSet<&str> = EDGES.iter().map(|(module, _)| *module).collect();
    for (module, allowed) in EDGES {
        for file in files_of(&source, module) {
            let text = fs::read_to_string(&file).unwrap();
            for used in used_modules(&text).intersection(&modules) {
                let is_allowed = used == module || allowed.contains(used);
                assert!(is_allowed, "{} uses `{used}`", file.display());
            }
        }
    }
}

#[test]
fn the_page_has_every_module_above_those_that_it_uses() {
    let page = include_str!("../../ARCHITECTURE.md");
    let section = page.split("## Layers of the reference service").nth(1).unwrap();
    let rows = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let layers: Vec<Vec<&str>> = rows
        .map_while(|row| row.strip_prefix("| ")?.split(" | ").nth(1))
        .map(|modules| modules.split(", ").map(|module| module.trim_matches('`')).collect())
        .collect();
    let layer_of = |wanted: &str| {
        let layer = layers.iter().position(|modules| modules.contains(&wanted));
        layer.unwrap_or_else(|| panic!("the page has no module `{wanted}`"))
    };
    assert_eq!(layers.concat().len(), EDGES.len(), "{layers:?}");
    for (module, allowed) in EDGES {
        for used in *allowed {
            assert!(layer_of(used) < layer_of(module), "`{module}` uses `{used}`");
        }
    }
}

#[test]
fn every_module_has_its_layer() {
    let library = include_str!("../src/lib.rs");
    let declared = library
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    let declared: BTreeSet<&str> = declared.collect();
    assert_eq!(declared, EDGES.iter().map(|(module, _)| *module).collect());
}

fn files_of(source: &Path, module: &str) -> Vec<PathBuf> {
    let file = source.join(format!("{module}.rs"));
    if file.exists() { vec![file] } else { files_under(&source.join(module)) }
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

/// Names that follow `crate::`, in paths and in the braces of an import.
fn used_modules(text: &str) -> BTreeSet<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let first_word = |text| str::split(text, |c| !is_word(c)).next().unwrap_or_default();
    text.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            None => vec![first_word(rest)],
            Some(group) => top_level_names(group).map(first_word).collect(),
        })
        .collect()
}

/// The items of a group, up to its closing brace, without those of inner groups.
fn top_level_names(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let mut is_open = true;
    group
        .split_inclusive(['{', '}', ','])
        .filter(move |piece| {
            let is_item = is_open && depth == 0;
            match piece.chars().last() {
                Some('{') => depth += 1,
                Some('}') if depth == 0 => is_open = false,
                Some('}') => depth -= 1,
                _ => {}
            }
            is_item
        })
        .map(str::trim)
}
