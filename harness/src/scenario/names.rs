//! What `{{name}}` can stand for in one place of a file.
//!
//! A name is a data set, a field of one (`{{users.name}}`), a value that every iteration
//! has, or what a step before has captured.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::codes;
use super::column::Column;
use super::context::Context;
use super::data_set::{DataSet, SentFile, fits};
use super::fields::{self, Fields, closest};
use super::model::{Phase, PhaseLoad};
use super::source::Span;
use super::template::{Form, ValueOf};
use super::tree::{Node, Value};

/// Names that every file has.
const OF_ITERATION: [&str; 3] = ["iteration", "user", "uuid"];

/// Everything that has a name.
#[derive(Debug, Default)]
pub(super) struct Names {
    sets: BTreeMap<String, DataSet>,
    used: BTreeSet<String>,
    /// Fields that are used, by their whole names.
    columns: BTreeMap<String, Arc<Column>>,
    /// A phase without users, for which `{{user}}` is nobody.
    phase_without_users: Option<String>,
    /// What the steps so far of this flow capture, in order.
    captured: Vec<Captured>,
    /// What any step of this flow captures, as it is written.
    captured_in_all: Vec<String>,
}

/// What a step captures.
#[derive(Debug)]
struct Captured {
    name: String,
    at: Span,
    is_used: bool,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Named {
    /// All rows of a data set.
    Rows(String),
    /// A value that each iteration has.
    Value(ValueOf),
}

impl Names {
    /// Lowers `data:`.
    pub(super) fn lower(file: &Fields, cx: &mut Context) -> Self {
        let mut names = Self::default();
        let Some(node) = file.get("data") else {
            return names;
        };
        let Value::Map(entries) = &node.value else {
            fields::wrong_type(node, "a map from names to data sets", cx)
                .help("write `data: { records: { rows: 1000, seed: 42 } }`");
            return names;
        };
        for (key, value) in entries {
            let name =
                fields::scalar_text(key, cx).and_then(|text| fields::valid_name(key, text, cx));
            let set = DataSet::lower(key, value, cx);
            let Some(name) = name else { continue };
            names.insert(name, set, key, cx);
        }
        names
    }

    fn insert(&mut self, name: String, set: DataSet, key: &Node, cx: &mut Context) {
        if OF_ITERATION.contains(&name.as_str()) {
            cx.error(codes::DUPLICATE_NAME, key.span, format!("every iteration has a `{name}`"))
                .help("give the data set another name");
        }
        match self.sets.entry(name) {
            Entry::Occupied(taken) => {
                let message = format!("duplicate data set `{}`", taken.key());
                cx.error(codes::DUPLICATE_NAME, key.span, message)
                    .help("every data set needs its own name");
            }
            Entry::Vacant(free) => {
                free.insert(set);
            }
        }
    }

    /// Takes in whether there are users.
    pub(super) fn note_phases(&mut self, phases: &[Phase]) {
        let is_open = |phase: &&Phase| matches!(phase.load, PhaseLoad::Open { .. });
        self.phase_without_users = phases.iter().find(is_open).map(|phase| phase.name.clone());
    }

    /// Warns about data sets that nothing uses.
    pub(super) fn warn_unused(&self, cx: &mut Context) {
        let unused =
            self.sets.iter().filter(|(name, set)| set.is_right() && !self.used.contains(*name));
        for (name, set) in unused {
            cx.warning(codes::UNUSED_DATA, set.at, format!("data set `{name}` is not used"))
                .help(format!("write \"{{{{{name}}}}}\" in a request's `json`, or remove it"));
        }
    }

    /// Begins a flow; captures of another are not known in it.
    pub(super) fn enter_flow(&mut self, steps: &[Node]) {
        self.captured.clear();
        let captures = steps.iter().filter_map(|step| step.get("capture"));
        let names = captures.flat_map(|node| match &node.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        });
        self.captured_in_all = names.filter_map(|(key, _)| key.text()).map(str::to_owned).collect();
    }

    /// From here on a name is what a step has captured.
    pub(super) fn capture(&mut self, name: &str, key: &Node, cx: &mut Context) {
        let taken = if self.captured.iter().any(|other| other.name == name) {
            Some("captured in this flow already")
        } else if self.sets.contains_key(name) {
            Some("a data set")
        } else if OF_ITERATION.contains(&name) {
            Some("what every iteration has")
        } else {
            None
        };
        if let Some(taken) = taken {
            cx.error(codes::DUPLICATE_NAME, key.span, format!("`{name}` is {taken}"))
                .help("give the capture another name");
        }
        self.captured.push(Captured { name: name.to_owned(), at: key.span, is_used: false });
    }

    /// Ends a flow; warns about captures that no step used.
    pub(super) fn leave_flow(&mut self, cx: &mut Context) {
        for captured in self.captured.iter().filter(|captured| !captured.is_used) {
            let name = &captured.name;
            cx.warning(codes::UNUSED_CAPTURE, captured.at, format!("no step uses the capture `{name}`"))
                .help(format!(
                    "write \"{{{{{name}}}}}\" in a later step, or remove it; to see that a value is there, write `expect`"
                ));
        }
        self.captured.clear();
        self.captured_in_all.clear();
    }

    /// The files whose rows are sent.
    pub(super) fn files(&self) -> Vec<SentFile> {
        self.sets.iter().filter_map(|(name, set)| set.file(name)).collect()
    }

    /// Appends all rows of a data set as a JSON array.
    pub(super) fn push_json(&self, set: &str, out: &mut Vec<u8>) {
        if let Some(set) = self.sets.get(set) {
            set.push_json(out);
        }
    }

    /// What a name stands for in a place of that form; reports it otherwise.
    pub(super) fn resolve(
        &mut self,
        name: &str,
        form: Form,
        node: &Node,
        cx: &mut Context,
    ) -> Option<Named> {
        if let Some(number) = self.captured.iter().position(|captured| captured.name == name) {
            self.captured[number].is_used = true;
            return Some(Named::Value(ValueOf::Captured(number)));
        }
        if self.sets.contains_key(name) {
            self.used.insert(name.to_owned());
            return self.whole_set(name, form, node, cx);
        }
        if let Some(at) = self.end_of_set(name) {
            self.used.insert(name[..at].to_owned());
            return self.field((name, at), form, node, cx);
        }
        match name {
            "iteration" if form != Form::Path => Some(Named::Value(ValueOf::Iteration)),
            "uuid" if form != Form::Path => Some(Named::Value(ValueOf::Uuid)),
            "user" if form != Form::Path => self.user(node, cx),
            _ => self.unknown(name, node, cx),
        }
    }

    /// Where the name of a data set ends that a longer name begins with.
    fn end_of_set(&self, name: &str) -> Option<usize> {
        let ends = name.rmatch_indices('.').map(|(at, _)| at);
        ends.into_iter().find(|at| self.sets.contains_key(&name[..*at]))
    }

    /// A field of a data set; each is kept once, however often it is used.
    fn field(
        &mut self,
        (name, at): (&str, usize),
        form: Form,
        node: &Node,
        cx: &mut Context,
    ) -> Option<Named> {
        let known = self.columns.get(name);
        if let Some(column) = known.filter(|column| fits(column, form)) {
            return Some(Named::Value(ValueOf::Field(Arc::clone(column))));
        }
        let column =
            self.sets.get(&name[..at])?.column((&name[..at], &name[at + 1..]), form, node, cx)?;
        self.columns.insert(name.to_owned(), Arc::clone(&column));
        Some(Named::Value(ValueOf::Field(column)))
    }

    /// Rows stand in bodies, as a value of their own.
    fn whole_set(&self, name: &str, form: Form, node: &Node, cx: &mut Context) -> Option<Named> {
        if matches!(form, Form::Json | Form::Plain) {
            return Some(Named::Rows(name.to_owned()));
        }
        if self.sets.get(name).is_some_and(DataSet::is_right) {
            let message = format!("`{{{{{name}}}}}` is a list of rows, which cannot stand here");
            cx.error(codes::PLACEHOLDER_SYNTAX, node.span, message).help(format!(
                "let it stand alone in `json`, or name a field: \"{{{{{name}.FIELD}}}}\""
            ));
        }
        None
    }

    fn user(&self, node: &Node, cx: &mut Context) -> Option<Named> {
        if let Some(phase) = &self.phase_without_users {
            let message = format!("`{{{{user}}}}` is nobody in the phase `{phase}`");
            cx.error(codes::UNKNOWN_NAME, node.span, message)
                .help("a phase with `rate` has no users; write `{{iteration}}`");
            return None;
        }
        Some(Named::Value(ValueOf::User))
    }

    fn unknown(&self, name: &str, node: &Node, cx: &mut Context) -> Option<Named> {
        if self.captured_in_all.iter().any(|later| later == name) {
            let message =
                format!("`{{{{{name}}}}}` stands before the end of the step that captures it");
            cx.error(codes::UNKNOWN_NAME, node.span, message)
                .help("a capture is known to the steps after its own");
            return None;
        }
        let captured = self.captured.iter().map(|captured| captured.name.as_str());
        let known = self.sets.keys().map(String::as_str).chain(OF_ITERATION).chain(captured);
        let meant = closest(name, known);
        let message = if self.captured_in_all.is_empty() {
            format!("`{{{{{name}}}}}` is not a data set of this file")
        } else {
            format!("`{{{{{name}}}}}` is neither a data set of this file nor captured here")
        };
        let problem = cx.error(codes::UNKNOWN_NAME, node.span, message);
        if let Some(meant) = meant {
            problem.label(format!("did you mean `{{{{{meant}}}}}`?"));
        }
        let set = name.split('.').next().unwrap_or(name);
        problem.help(format!("define it: `data: {{ {set}: {{ rows: 1000, seed: 42 }} }}`"));
        None
    }
}
