//! The values of all variables on a run: what each may be, and what is chosen.

use std::collections::BTreeMap;

use slogate_promql::lint::Severity;

use super::super::choice::{Choice, Choosable};
use super::super::codes;
use super::super::found::Found;
use super::super::model::{Dashboard, Panel, Variable};
use super::super::queries::ALL;
use super::super::variables::references;
use super::options::{Options, of_variable};
use super::send::{Scope, sent};
use super::{Run, View};

/// What is known of a variable.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// What is chosen, and what could be.
    Chosen { choice: Choice, options: Vec<Choosable> },
    /// The step of whoever asks: "auto" of an interval.
    Step,
    /// Nothing, for this reason.
    Unknown(String),
}

/// The variables of a dashboard on a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    known: BTreeMap<String, Known>,
    /// The title and the id of the dashboard, for which there are names too.
    pub(super) title: String,
    pub(super) uid: String,
}

impl Values {
    /// What is known of a variable, `None` if there is no such.
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// The values for each of which a panel is repeated.
    pub(super) fn each_of(&self, name: &str) -> &[Choosable] {
        match self.known.get(name) {
            Some(Known::Chosen { choice: Choice::All(_), options }) => options,
            Some(Known::Chosen { choice, .. }) => choice.chosen(),
            _ => &[],
        }
    }

    /// Finds the values of every variable: first of those whose queries name no other, then of
    /// those that name them.
    pub(super) fn resolve(board: &Dashboard, run: Run<'_>, found: &mut Vec<Found>) -> Self {
        let mut values =
            Self { title: board.title.clone(), uid: board.uid.clone(), ..Self::default() };
        let mut waiting: Vec<&Variable> = board.variables.iter().collect();
        while !waiting.is_empty() {
            let is_ready = |one: &Variable| {
                !waiting.iter().any(|other| {
                    references(&one.query).iter().any(|named| named.name == other.name)
                })
            };
            let (ready, rest): (Vec<&Variable>, Vec<&Variable>) =
                waiting.iter().partition(|one| is_ready(one));
            if ready.is_empty() {
                for variable in rest {
                    let reason = "its query names a variable that names it in turn".to_owned();
                    values.known.insert(variable.name.clone(), Known::Unknown(reason));
                }
                return values;
            }
            for variable in ready {
                let known = values.of(variable, run, found);
                values.known.insert(variable.name.clone(), known);
            }
            waiting = rest;
        }
        values
    }

    fn of(&self, variable: &Variable, run: Run<'_>, found: &mut Vec<Found>) -> Known {
        let view: View = run.view(&Panel::default(), "");
        let query = match sent(&variable.query, view, self, &Scope::default()) {
            Ok(query) => query,
            Err(reason) => return Known::Unknown(reason),
        };
        match of_variable(variable, &query, run) {
            Options::Listed(options) => {
                found.extend(absent_choice(variable, &options));
                chosen(variable, options)
            }
            Options::Empty(reason) => {
                let why =
                    format!("the variable `{}` has no value in this run: {reason}", variable.name);
                let kind = (codes::VARIABLE_WITHOUT_VALUES, Severity::Warning);
                let instead = "mend its query, or use a run in which it finds something";
                let told = Found::new(kind, why, instead).in_variable(variable);
                found.push(Found { at: variable.query_at, ..told });
                // Nothing in its place would select whatever lacks the label.
                match chosen(variable, Vec::new()) {
                    all @ Known::Chosen { choice: Choice::All(_), .. } => all,
                    _ => Known::Unknown(reason),
                }
            }
            Options::Unknown(reason) => Known::Unknown(reason),
        }
    }
}

/// What is chosen when Grafana opens the dashboard.
fn chosen(variable: &Variable, options: Vec<Choosable>) -> Known {
    if variable.kind == "interval" && variable.current.iter().any(|one| is_auto(one)) {
        return Known::Step;
    }
    let saved = &variable.current;
    let mut values: Vec<Choosable> =
        saved.iter().filter_map(|value| option(&options, value)).cloned().collect();
    let wants_all = saved.iter().any(|value| value == ALL) || values.is_empty();
    let choice = if variable.include_all && wants_all {
        match variable.all_value.as_str() {
            "" => Choice::Every(options.clone()),
            all => Choice::All(all.to_owned()),
        }
    } else {
        if values.is_empty() {
            values.extend(options.first().cloned());
        }
        if variable.multi {
            Choice::These(values)
        } else {
            let one = values.into_iter().next().unwrap_or_else(|| String::new().into());
            if variable.include_all { Choice::OneOfAll(one) } else { Choice::One(one) }
        }
    };
    Known::Chosen { choice, options }
}

/// "auto" of an interval, in the ways in which files have it.
fn is_auto(value: &str) -> bool {
    value == "auto" || value.starts_with("$__auto")
}

/// A value with which the file was saved and that its query does not give on this run.
fn absent_choice(variable: &Variable, options: &[Choosable]) -> Option<Found> {
    if variable.kind != "query" {
        return None;
    }
    let is_absent =
        |value: &&String| !value.is_empty() && *value != ALL && option(options, value).is_none();
    let absent = variable.current.iter().find(is_absent)?;
    let why = format!(
        "`{}` was saved with `{absent}`, which its query does not give on this run; another value \
         is taken",
        variable.name
    );
    let kind = (codes::VARIABLE_VALUE, Severity::Info);
    let instead = format!("save it with \"All\" or one of: {}", few(&values_of(options)));
    Some(Found::new(kind, why, instead).in_variable(variable))
}

/// The option of a value.
fn option<'o>(options: &'o [Choosable], value: &str) -> Option<&'o Choosable> {
    options.iter().find(|option| option.value == value)
}

/// What is sent for each of several.
fn values_of(options: &[Choosable]) -> Vec<&str> {
    options.iter().map(|option| option.value.as_str()).collect()
}

/// The first of several, for a line.
pub(super) fn few(values: &[&str]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<&str> = values.iter().take(SHOWN).copied().collect();
    let rest = if values.len() > SHOWN { ", …" } else { "" };
    format!("{}{rest}", shown.join(", "))
}
