//! `label_replace` and `label_join`.

use super::Arguments;
use crate::eval::EvalError;
use crate::{Element, Value};

/// `label_replace(v, destination, replacement, source, pattern)`: elements whose
/// source label matches the whole pattern get the expanded replacement.
pub(super) fn replace(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let destination = destination(arguments, 1)?;
    let (replacement, source) = (arguments.text(2)?, arguments.text(3)?);
    let pattern = arguments.pattern(arguments.text(4)?).map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default().to_owned();
        arguments.invalid(&format!("the regular expression is invalid ({last})"))
    })?;
    let replaced = |element: Element| {
        let Some(captures) = pattern.captures(element.labels.get(source).unwrap_or_default())
        else {
            return element;
        };
        let mut value = String::new();
        captures.expand(replacement, &mut value);
        Element { labels: element.labels.with(destination, &value), ..element }
    };
    arguments.unique(arguments.vector(0)?.into_iter().map(replaced).collect())
}

/// `label_join(v, destination, separator, source…)`.
pub(super) fn join(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let destination = destination(arguments, 1)?;
    let separator = arguments.text(2)?;
    let sources =
        (3..arguments.count()).map(|at| arguments.text(at)).collect::<Result<Vec<_>, _>>()?;
    if sources.iter().any(|source| source.is_empty()) {
        return Err(arguments.invalid("invalid source label name \"\""));
    }
    let joined = |element: Element| {
        let values = sources.iter().map(|source| element.labels.get(source).unwrap_or_default());
        let value = values.collect::<Vec<_>>().join(separator);
        Element { labels: element.labels.with(destination, &value), ..element }
    };
    arguments.unique(arguments.vector(0)?.into_iter().map(joined).collect())
}

/// Label names are any text in Prometheus 3, but not none.
fn destination<'e>(arguments: &Arguments<'e, '_>, index: usize) -> Result<&'e str, EvalError> {
    let name = arguments.text(index)?;
    if name.is_empty() {
        return Err(arguments.invalid("invalid destination label name \"\""));
    }
    Ok(name)
}
