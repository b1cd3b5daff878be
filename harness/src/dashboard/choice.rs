//! What somebody has chosen for a variable, and what is written in its place.
//!
//! Without a format the Prometheus data source escapes values for a regular expression within a
//! text of PromQL (`interpolateQueryExpr` and `prometheusSpecialRegexEscape` in
//! `packages/grafana-prometheus`); with one, `format` says what becomes of them.

use super::format::{Unwritten, formatted};

/// A value that can be chosen, and what it is called on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choosable {
    /// What is sent.
    pub value: String,
    /// What is shown; mostly the same.
    pub text: String,
}

/// What somebody has chosen for a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// "All" of a variable with an `allValue`, which is written as it is.
    All(String),
    /// "All" of a variable without one: each of its values.
    Every(Vec<Choosable>),
    /// One value of a variable that neither takes several nor has "All".
    One(Choosable),
    /// One value of a variable that has "All" and takes one, or of the one that repeats a panel.
    OneOfAll(Choosable),
    /// These values of a variable that takes several.
    These(Vec<Choosable>),
}

impl From<String> for Choosable {
    /// A value that is shown as it is.
    fn from(value: String) -> Self {
        Self { text: value.clone(), value }
    }
}

impl Choice {
    /// The text that replaces `$name`, or `${name:format}`.
    ///
    /// # Errors
    /// If what Grafana would write there is not known here.
    pub fn text(&self, name: &str, format: Option<&str>) -> Result<String, Unwritten> {
        match (self, format) {
            (_, Some(format)) => formatted(self, name, format),
            (Self::All(all), None) => Ok(all.clone()),
            (Self::One(one), None) => Ok(one.value.replace('\\', r"\\")),
            (_, None) => Ok(alternatives(&self.values(), escaped_twice)),
        }
    }

    /// The values by themselves, where they are known.
    pub(super) fn values(&self) -> Vec<&str> {
        self.chosen().iter().map(|one| one.value.as_str()).collect()
    }

    /// What is chosen, where it is known.
    pub(super) fn chosen(&self) -> &[Choosable] {
        match self {
            Self::All(_) => &[],
            Self::One(one) | Self::OneOfAll(one) => std::slice::from_ref(one),
            Self::Every(several) | Self::These(several) => several,
        }
    }
}

/// One value by itself, several as a group.
pub(super) fn alternatives(values: &[&str], escape: impl Fn(&str) -> String) -> String {
    let escaped: Vec<String> = values.iter().map(|value| escape(value)).collect();
    match escaped.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        several => format!("({})", several.join("|")),
    }
}

/// A value inside a regular expression inside a text of PromQL: a backslash is four.
fn escaped_twice(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        match character {
            '\\' => escaped.push_str(r"\\\\"),
            '$' | '^' | '*' | '{' | '}' | '[' | ']' | '+' | '?' | '.' | '(' | ')' | '|' | '\'' => {
                escaped.push_str(r"\\");
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_for_a_pattern_within_a_text() {
        let one = |value: &str| Choosable::from(value.to_owned());
        let text = |choice: Choice| choice.text("a", None).unwrap();
        let several = Choice::These(vec![one("127.0.0.1:4001"), one(r"a\b")]);
        assert_eq!(text(several), r"(127\\.0\\.0\\.1:4001|a\\\\b)");
        assert_eq!(text(Choice::Every(vec![one("a.b")])), r"a\\.b");
        assert_eq!(text(Choice::OneOfAll(one("a.b"))), r"a\\.b");
        assert_eq!(text(Choice::One(one(r"a.\d"))), r"a.\\d");
        assert_eq!(text(Choice::All(".+".into())), ".+");
        assert_eq!(text(Choice::These(Vec::new())), "");
    }
}
