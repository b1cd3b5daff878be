//! A query as it is sent: values in the place of its variables.

use super::super::choice::{Choice, Choosable};
use super::super::globals::{Global, global};
use super::super::variables::{Reference, replaced};
use super::super::view::View;
use super::values::{Known, Values};

/// Most that variables may make of a text: some that name each other twice would fill any memory.
const MOST_BYTES: usize = 256 * 1024;

/// What a single panel of several sees.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The variable that repeats the panel, and its value there.
    pub(super) repeated: Option<(String, Choosable)>,
}

/// The text that Prometheus would get; an error is a sentence about what is not known here.
pub(super) fn sent(
    text: &str,
    view: View,
    values: &Values,
    scope: &Scope,
) -> Result<String, String> {
    let (mut unknown, mut left) = (None, MOST_BYTES);
    let made = replaced(text, |reference| {
        let value = value(reference, view, values, scope).and_then(|value| {
            let bytes = value.as_ref().map_or(0, String::len);
            left = left.checked_sub(bytes).ok_or_else(too_long)?;
            Ok(value)
        });
        value.unwrap_or_else(|reason| {
            unknown.get_or_insert(reason);
            None
        })
    });
    unknown.map_or(Ok(made), Err)
}

fn too_long() -> String {
    format!("its variables are longer than {MOST_BYTES} bytes together")
}

/// What stands there; `None` where the name stays.
fn value(
    reference: &Reference<'_>,
    view: View,
    values: &Values,
    scope: &Scope,
) -> Result<Option<String>, String> {
    let name = reference.name;
    if reference.is_group() {
        return Ok(None);
    }
    if let Some((repeated, value)) = &scope.repeated
        && repeated == name
    {
        return written(reference, &Choice::OneOfAll(value.clone())).map(Some);
    }
    match values.get(name) {
        Some(Known::Chosen { choice, .. }) => written(reference, choice).map(Some),
        Some(Known::Step) => Ok(view.global("__interval")),
        Some(Known::Unknown(reason)) => {
            Err(format!("the variable ${name} has no value here: {reason}"))
        }
        None if reference.is_global() => of_grafana(reference, view, values).map(Some),
        // Grafana sends it as it stands there.
        None => Ok(None),
    }
}

/// What Grafana itself puts there.
fn of_grafana(reference: &Reference<'_>, view: View, values: &Values) -> Result<String, String> {
    let Reference { name, field, format, .. } = *reference;
    let value = match (name, field) {
        ("__dashboard", Some("uid")) => values.uid.clone(),
        ("__dashboard", _) => values.title.clone(),
        _ => match (view.global(name), format) {
            (Some(value), None) => value,
            (Some(value), Some(_)) if matches!(name, "__from" | "__to") => value,
            (Some(_), Some(_)) => {
                return Err(format!("Grafana writes ${name} without a format only"));
            }
            (None, _) => return Err(not_known(reference)),
        },
    };
    written(reference, &Choice::One(value.into()))
}

fn not_known(reference: &Reference<'_>) -> String {
    let name = reference.name;
    match global(name, reference.field) {
        Some(Global::Elsewhere) => format!("${name} stands for nothing in PromQL"),
        Some(_) => format!("${name} depends on who looks, and is not known here"),
        None => format!("Grafana has no ${name}"),
    }
}

fn written(reference: &Reference<'_>, choice: &Choice) -> Result<String, String> {
    let Reference { name, format, .. } = *reference;
    choice.text(name, format).map_err(|reason| {
        let format = format.map_or_else(String::new, |format| format!(":{format}"));
        format!("${{{name}{format}}} is not known here: {}", reason.0)
    })
}
