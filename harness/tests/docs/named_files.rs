//! Files that pages name in code spans: what looks like a path of the project must be one.

use std::collections::BTreeSet;
use std::path::Path;

use crate::markdown::spans;
use crate::none_of;
use crate::pages::{self, Page};

#[test]
fn every_file_that_a_page_names_exists() {
    let top = names_at_the_top();
    let sources = names_of_sources(&pages::root());
    assert!(top.contains("harness") && sources.contains("layers.rs"));
    let pages = pages::all();
    // The history may name what is gone.
    let today = pages.iter().filter(|page| page.name != "CHANGELOG.md");
    let named: Vec<_> = today.flat_map(|page| named(page, &top)).collect();
    assert!(named.len() >= 40, "only {} files are named", named.len());
    let missing = named.iter().filter(|(_, name)| !exists(name, &sources));
    none_of(&missing.map(|(place, name)| format!("{place}: no file `{name}`")).collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_not_there_is_found() {
    let text = "`rules/none.yml`, `rules/*.yml`, `gone.rs`, `GET /rules/x`, `rules/export.yml:3`\n";
    let page = Page { name: "README.md".to_owned(), text: text.to_owned() };
    let sources = names_of_sources(&pages::root());
    let named = named(&page, &names_at_the_top());
    let missing: Vec<_> = named.iter().filter(|(_, name)| !exists(name, &sources)).collect();
    assert_eq!(missing.len(), 2, "{named:?}");
}

fn named(page: &Page, top: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (line, text) in page.parts().prose {
        for span in spans(text).0 {
            if let Some(name) = name_of_file(span, top) {
                found.push((format!("{}:{line}", page.name), name));
            }
        }
    }
    found
}

/// The path in a code span, if it is one: a source file, or a path that begins with a name at
/// the root of the project. What a build makes is not there before it.
fn name_of_file(span: &str, top: &BTreeSet<String>) -> Option<String> {
    let span = span.split_once(':').map_or(span, |(path, _)| path);
    if span.contains([' ', '=', '{', '<', '…', '$']) || span.starts_with("target/") {
        return None;
    }
    let first = span.split('/').next()?;
    let is_path = span.contains('/') && top.contains(first);
    let is_source =
        !span.contains('/') && Path::new(span).extension().is_some_and(|end| end == "rs");
    (is_path || is_source).then(|| span.to_owned())
}

fn exists(name: &str, sources: &BTreeSet<String>) -> bool {
    if !name.contains('/') {
        return sources.contains(name);
    }
    let path = pages::root().join(name);
    if !name.contains('*') {
        // A module of the harness is named without its root.
        return path.exists();
    }
    slogate::rules::find(&path.to_string_lossy()).is_ok()
}

fn names_at_the_top() -> BTreeSet<String> {
    let entries = std::fs::read_dir(pages::root()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The names of all Rust files.
fn names_of_sources(root: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<_> = ["exporter", "harness"].map(|name| root.join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.insert(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    names
}
