//! Which variables carry a credential, and that none of them may stand in what every
//! report shows: an objective, its name, its description.

use super::codes;
use super::context::Context;
use super::model::{Objective, ObjectiveKind, Objectives};
use super::source::Span;
use super::tree::{Node, Value};

/// The shortest value that is looked for in objectives and hidden in messages, bytes: a
/// shorter one is no secret, and every `5` would be one.
pub(super) const SHORTEST_SECRET_BYTES: usize = 4;
/// Parts of the names of headers and keys whose values are credentials.
const CREDENTIALS: [&str; 8] =
    ["auth", "cookie", "token", "secret", "password", "bearer", "session", "key"];

/// Words of names, of a variable or a parameter, whose values are credentials wherever they
/// stand. Whole words: an author and a keyspace are none.
const CREDENTIAL_WORDS: [&str; 13] = [
    "auth",
    "authorization",
    "cookie",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "bearer",
    "apikey",
    "signature",
    "sig",
    "jwt",
];
/// Words before `key` that make it a credential; a key alone may be that of a cache.
const CREDENTIAL_KEYS: [&str; 3] = ["api", "access", "private"];

/// Whether what goes by this name, of a header or a key, is a credential.
pub(super) fn is_credential(name: &str) -> bool {
    let name = name.to_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part))
}

/// Whether a word of this name, or one of `more`, makes its value a credential.
pub(crate) fn has_credential_word(name: &str, more: &[&str]) -> bool {
    let name = name.to_lowercase();
    words_of(&name).any(|word| CREDENTIAL_WORDS.contains(&word) || more.contains(&word))
}

fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
}

fn is_credential_variable(name: &str) -> bool {
    let lower = name.to_lowercase();
    let words: Vec<&str> = words_of(&lower).collect();
    has_credential_word(name, &[])
        || words.windows(2).any(|pair| pair[1] == "key" && CREDENTIAL_KEYS.contains(&pair[0]))
}

/// Values of variables that carry credentials: in headers and keys of such names, or of
/// such a name themselves.
pub(super) fn credentials(root: &Node, cx: &Context) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(root, false, cx, &mut found);
    found
}

fn collect(node: &Node, is_inside: bool, cx: &Context, found: &mut Vec<(String, String)>) {
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                let named_so = is_credential(key.text().unwrap_or_default());
                collect(value, is_inside || named_so, cx, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, is_inside, cx, found)),
        _ if !node.replaced.is_empty() => {
            let written = cx.source(node.span).slice(node.span);
            let names = names_in(written).filter(|name| is_inside || is_credential_variable(name));
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
                codes::PUBLISHED_CREDENTIAL,
                at,
                format!("`${{{name}}}` is a credential, and its value stands in this objective"),
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
        ObjectiveKind::Alert(alert) => Some(alert.alert.as_str()),
        ObjectiveKind::Client(_) => None,
    };
    let thresholds = objective.thresholds.iter().map(|threshold| threshold.text.as_str());
    let beside = objective.beside.iter().flat_map(|one| [one.name.as_str(), &one.selector]);
    expression
        .into_iter()
        .chain(objective.description.as_deref())
        .chain(Some(objective.id.as_str()))
        .chain(thresholds)
        .chain(beside)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_credential_by_a_word_of_its_name() {
        for name in ["TOKEN", "API_KEY", "db-password", "MY_AUTH"] {
            assert!(is_credential_variable(name), "{name}");
        }
        for name in ["AUTHOR", "KEYSPACE", "CODE", "KEY", "CACHE_KEY"] {
            assert!(!is_credential_variable(name), "{name}");
        }
    }

    #[test]
    fn variables_are_found_by_their_names() {
        assert_eq!(names_in("a ${B} c${D}").collect::<Vec<_>>(), ["B", "D"]);
    }
}
