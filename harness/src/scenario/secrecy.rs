//! What must not be seen: values of variables in messages, and secrets in reports.
//!
//! A message names a variable instead of its value. A variable that carries a credential
//! may not stand in what every report shows: an objective, a name, a description.

use super::context::Context;
use super::model::{Objective, ObjectiveKind, Objectives};
use super::source::Span;
use super::tree::{Node, Value};

/// The shortest value that is hidden in messages, bytes: a shorter one is no secret,
/// and replacing every `5` would make messages unreadable.
const SHORTEST_SECRET_BYTES: usize = 4;
/// The shortest word of a value that is hidden by itself, bytes: a parser may quote a
/// part of what it could not read.
const SHORTEST_WORD_BYTES: usize = 7;
/// Parts of the names of headers and keys whose values are credentials.
const CREDENTIALS: [&str; 8] =
    ["auth", "cookie", "token", "secret", "password", "bearer", "session", "key"];

/// A text with names of variables where their values stood.
pub(super) fn redacted(text: &str, used: &[(String, String)]) -> String {
    let mut hidden: Vec<(&str, &str)> = Vec::new();
    for (name, value) in used {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let words = value.split(|c| !is_word(c)).filter(|word| word.len() >= SHORTEST_WORD_BYTES);
        hidden.extend(words.map(|word| (name.as_str(), word)));
        if value.len() >= SHORTEST_SECRET_BYTES {
            hidden.push((name, value));
        }
    }
    // The whole value before its parts.
    hidden.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    hidden.iter().fold(text.to_owned(), |text, (name, value)| {
        if *value == *name { text } else { text.replace(value, &format!("${{{name}}}")) }
    })
}

/// Values of variables that carry credentials: in headers and keys of such names.
pub(super) fn credentials(root: &Node, cx: &Context) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(root, false, cx, &mut found);
    found
}

fn collect(node: &Node, is_credential: bool, cx: &Context, found: &mut Vec<(String, String)>) {
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                let name = key.text().unwrap_or_default().to_lowercase();
                let named_so = CREDENTIALS.iter().any(|part| name.contains(part));
                collect(value, is_credential || named_so, cx, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, is_credential, cx, found)),
        _ if is_credential && !node.replaced.is_empty() => {
            let written = cx.source(node.span).slice(node.span);
            let names = names_in(written);
            found.extend(
                names.filter_map(|name| Some((name.to_owned(), cx.variables.get(name)?.clone()))),
            );
        }
        _ => {}
    }
}

fn names_in(written: &str) -> impl Iterator<Item = &str> {
    written.split("${").skip(1).filter_map(|rest| rest.split('}').next())
}

/// Refuses objectives that would publish a credential.
pub(super) fn refuse_published(
    objectives: &Objectives,
    credentials: &[(String, String)],
    cx: &mut Context,
) {
    let Objectives::Judged(objectives) = objectives else { return };
    for objective in objectives {
        let shown = shown_text(objective);
        let published = credentials.iter().find(|(_, value)| {
            value.len() >= SHORTEST_SECRET_BYTES && shown.iter().any(|text| text.contains(value))
        });
        if let Some((name, _)) = published {
            let at: Span = cx.span_of(&objective.place);
            cx.error(
                at,
                format!("the value of `${{{name}}}` stands in a credential and in this objective"),
            )
            .help("objectives are in every report and saved run, which would publish it");
        }
    }
}

/// Everything of an objective that reports show.
fn shown_text(objective: &Objective) -> Vec<&str> {
    let expression = match &objective.kind {
        ObjectiveKind::Promql { expression, .. } => Some(expression.as_str()),
        ObjectiveKind::Counter { selector, .. } | ObjectiveKind::Present { selector } => {
            Some(selector.as_str())
        }
        ObjectiveKind::Reconcile(reconcile) => Some(reconcile.selector.as_str()),
        ObjectiveKind::Client(_) => None,
    };
    let thresholds = objective.thresholds.iter().map(|threshold| threshold.text.as_str());
    expression
        .into_iter()
        .chain(objective.description.as_deref())
        .chain(Some(objective.id.as_str()))
        .chain(thresholds)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_variable_and_not_its_value() {
        let used = [("TOKEN".to_owned(), "hunter2-correct".to_owned())];
        let shown = redacted("`hunter2-correct` is not a name; found hunter2", &used);
        assert_eq!(shown, "`${TOKEN}` is not a name; found ${TOKEN}");
        let short = [("N".to_owned(), "5".to_owned())];
        assert_eq!(redacted("5 is too small", &short), "5 is too small");
    }

    #[test]
    fn variables_are_found_by_their_names() {
        assert_eq!(names_in("a ${B} c${D}").collect::<Vec<_>>(), ["B", "D"]);
    }
}
