//! What somebody has chosen for a variable, and how that is written into a query.
//!
//! Without a format the Prometheus data source escapes values for a regular expression within a
//! text of PromQL (`interpolateQueryExpr` and `prometheusSpecialRegexEscape` in
//! `packages/grafana-prometheus`); the formats are those of
//! `public/app/features/variables/formatRegistry.ts`.

/// What somebody has chosen for a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// "All" of a variable with an `allValue`, which is written as it is.
    All(String),
    /// One value of a variable that neither takes several nor has "All".
    One(String),
    /// These values of a variable that takes several or has "All".
    These(Vec<String>),
}

/// A format that is not supported here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl Choice {
    /// The text that replaces `$name`, or `${name:format}`.
    pub fn text(&self, format: Option<&str>) -> Result<String, UnknownFormat> {
        match (self, format) {
            (Self::All(all), _) => Ok(all.clone()),
            (Self::One(value), None) => Ok(value.replace('\\', r"\\")),
            (Self::These(values), None) => Ok(alternatives(values, escaped_twice)),
            (Self::One(value), Some(format)) => formatted(std::slice::from_ref(value), format),
            (Self::These(values), Some(format)) => formatted(values, format),
        }
    }

    /// The values by themselves, where they are known.
    pub(super) fn values(&self) -> &[String] {
        match self {
            Self::All(_) => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::These(values) => values,
        }
    }
}

fn formatted(values: &[String], format: &str) -> Result<String, UnknownFormat> {
    let quoted = |quote: &str| {
        let escape = |value: &String| {
            format!("{quote}{}{quote}", value.replace(quote, &format!("\\{quote}")))
        };
        values.iter().map(escape).collect::<Vec<_>>().join(",")
    };
    Ok(match format {
        "regex" => alternatives(values, escaped),
        "pipe" => values.join("|"),
        "csv" | "raw" | "text" => values.join(","),
        "glob" => match values {
            [one] => one.clone(),
            several => format!("{{{}}}", several.join(",")),
        },
        "doublequote" => quoted("\""),
        "singlequote" => quoted("'"),
        other => return Err(UnknownFormat(other.to_owned())),
    })
}

/// One value by itself, several as a group.
fn alternatives(values: &[String], escape: impl Fn(&str) -> String) -> String {
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

/// A value inside a regular expression, without a thought of the quotes around it.
fn escaped(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        if r"\^$*+?.()|[]{}/".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(values: &[&str]) -> Choice {
        Choice::These(values.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn values_are_escaped_for_a_pattern_within_a_text() {
        let several = these(&["127.0.0.1:4001", r"a\b"]);
        assert_eq!(several.text(None).unwrap(), r"(127\\.0\\.0\\.1:4001|a\\\\b)");
        assert_eq!(these(&["a.b"]).text(None).unwrap(), r"a\\.b");
        assert_eq!(Choice::One(r"a.\d".into()).text(None).unwrap(), r"a.\\d");
        assert_eq!(Choice::All(".+".into()).text(None).unwrap(), ".+");
        assert_eq!(these(&[]).text(None).unwrap(), "");
    }

    #[test]
    fn formats_are_those_of_grafana() {
        let several = these(&["a.b", "c"]);
        let text = |format| several.text(Some(format)).unwrap();
        assert_eq!(text("regex"), r"(a\.b|c)");
        assert_eq!(
            (text("pipe"), text("csv"), text("glob")),
            ("a.b|c".into(), "a.b,c".into(), "{a.b,c}".into())
        );
        assert_eq!(text("doublequote"), r#""a.b","c""#);
        assert_eq!(several.text(Some("lucene")), Err(UnknownFormat("lucene".into())));
    }
}
