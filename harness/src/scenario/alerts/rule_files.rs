//! The rule files that `alerts: { rules: … }` names: found, read, and all that is wrong
//! with them reported at its place in them.
//!
//! They are read with the scenario and not later, so that an alert that no rule has is a
//! problem of the scenario file like any other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use slogate_promql::rules::{FileKind, RuleError};

use super::model::{AlertRuleFile, alerts};
use crate::glob;
use crate::scenario::context::Context;
use crate::scenario::model::Place;
use crate::scenario::source::Source;
use crate::scenario::tree::{Node, Value};
use crate::scenario::{codes, fields, files};

/// The files of a path, a pattern or a list of them; `None` where something is wrong.
pub(super) fn load(node: &Node, cx: &mut Context) -> Option<Vec<AlertRuleFile>> {
    let items = match &node.value {
        Value::List(items) if items.is_empty() => {
            cx.error(codes::EMPTY_VALUE, node.span, "`rules` is empty; it needs at least one file");
            return None;
        }
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let before = cx.problem_count();
    let mut loaded = Loaded::default();
    for item in items {
        loaded.add(item, cx);
    }
    if cx.problem_count() > before {
        return None;
    }
    if alerts(&loaded.files).next().is_none() {
        cx.error(codes::NO_RULES, node.span, "there is no alert in these rule files")
            .help("name the files with your `alert:` rules; files of rule tests hold none");
        return None;
    }
    Some(loaded.files)
}

#[derive(Default)]
struct Loaded {
    paths: Vec<PathBuf>,
    files: Vec<AlertRuleFile>,
}

impl Loaded {
    fn add(&mut self, item: &Node, cx: &mut Context) {
        let Some(pattern) = fields::text(item, cx) else { return };
        let folder = cx.source(item.span).path.parent().unwrap_or(Path::new("")).to_owned();
        let found = match glob::find(&folder.join(pattern).to_string_lossy()) {
            Ok(found) => found,
            Err(error) => {
                cx.error(codes::NO_RULE_FILE, item.span, error.to_string())
                    .help("the path is relative to this file");
                return;
            }
        };
        for path in found {
            if !self.paths.iter().any(|known| files::same(known, &path)) {
                self.files.extend(read(&path, item, glob::is_pattern(pattern), cx));
                self.paths.push(path);
            }
        }
    }
}

/// Reads one file. A pattern also finds the tests of rules, which are not meant.
fn read(path: &Path, item: &Node, is_found: bool, cx: &mut Context) -> Option<AlertRuleFile> {
    let name = path.display().to_string();
    let source = match files::load(path) {
        Ok(source) => source,
        Err(error) => {
            let message = format!("cannot read the rule file {name}: {error}");
            cx.error(codes::UNREADABLE_FILE, item.span, message);
            return None;
        }
    };
    match FileKind::of(&source.text, &name) {
        Ok(Some(FileKind::Rules)) => {
            let read = AlertRuleFile::read(&name, &source.text);
            read.map_err(|errors| report(&source, errors, cx)).ok()
        }
        Ok(Some(FileKind::UnitTests)) if is_found => None,
        Ok(_) => {
            let message = format!("{name} is not a rule file: it has no `groups`");
            cx.error(codes::WRONG_FILE_KIND, item.span, message)
                .help("name a file that Prometheus loads as `rule_files`");
            None
        }
        Err(error) => {
            report(&source, vec![error], cx);
            None
        }
    }
}

/// Reports what is wrong with a rule file at its places in that file.
fn report(source: &Arc<Source>, errors: Vec<RuleError>, cx: &mut Context) {
    cx.add_source(Arc::clone(source));
    for RuleError { place, message, .. } in errors {
        let file = Arc::clone(&source.name);
        let at = cx.span_of(&Place { file, line: place.line, column: place.column });
        cx.error(codes::INVALID_RULE, at, message);
    }
}
