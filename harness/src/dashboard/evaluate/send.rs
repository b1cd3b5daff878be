//! A query as it is sent: values in the place of its variables.

use super::super::choice::Choice;
use super::super::variables::{Reference, replaced};
use super::super::view::View;
use super::values::{Known, Values};

/// Most that variables may make of a text: some that name each other twice would fill any memory.
const MOST_BYTES: usize = 256 * 1024;

/// What a single panel of several sees.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// The variable that repeats the panel, and its value there.
    pub(super) repeated: Option<(String, String)>,
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
    let Reference { name, format, .. } = *reference;
    if reference.is_group() {
        return Ok(None);
    }
    if let Some((repeated, value)) = &scope.repeated
        && repeated == name
    {
        return written(name, &Choice::These(vec![value.clone()]), format).map(Some);
    }
    match values.get(name) {
        Some(Known::Chosen { choice, .. }) => written(name, choice, format).map(Some),
        Some(Known::Step) => Ok(view.global("__interval")),
        Some(Known::Unknown(reason)) => {
            Err(format!("the variable ${name} has no value here: {reason}"))
        }
        None if reference.is_global() => match (view.global(name), format) {
            (Some(value), None) => Ok(Some(value)),
            _ => Err(format!("${name} is not known here")),
        },
        // Grafana sends it as it stands there.
        None => Ok(None),
    }
}

fn written(name: &str, choice: &Choice, format: Option<&str>) -> Result<String, String> {
    choice.text(format).map_err(|unknown| {
        format!("the format `{}` of ${{{name}:{}}} is not known here", unknown.0, unknown.0)
    })
}
