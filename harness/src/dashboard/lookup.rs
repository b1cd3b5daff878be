//! What the query of a variable asks for, as the Prometheus data source reads it
//! (`metric_find_query.ts` in `packages/grafana-prometheus`).

/// A question whose answers are the values of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// `label_values(label)` and `label_values(selector, label)`.
    LabelValues { selector: Option<String>, label: String },
    /// `label_names()` and `label_names(selector)`.
    LabelNames(Option<String>),
    /// `metrics(pattern)`.
    Metrics(String),
    /// `query_result(expression)`.
    QueryResult(String),
}

impl Lookup {
    /// Reads a query; an error is a sentence about what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let call = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let Some((function, inside)) = call else {
            return Err(format!("`{text}` is none of the functions of the data source"));
        };
        let inside = inside.trim();
        let given = Some(inside.to_owned()).filter(|inside| !inside.is_empty());
        match (function.trim(), given) {
            ("label_values", Some(inside)) => Self::label_values(&inside),
            ("label_values", None) => Err("`label_values()` needs a label".to_owned()),
            ("label_names", given) => Ok(Self::LabelNames(given)),
            ("metrics", given) => Ok(Self::Metrics(given.unwrap_or_default())),
            ("query_result", Some(expression)) => Ok(Self::QueryResult(expression)),
            ("query_result", None) => Err("`query_result()` needs an expression".to_owned()),
            (other, _) => Err(format!("`{other}` is no function of the data source")),
        }
    }

    /// The label is what stands behind the last comma; one inside braces is none of them.
    fn label_values(inside: &str) -> Result<Self, String> {
        let (selector, label) = match inside.rsplit_once(',') {
            Some((selector, label)) => (Some(selector.trim().to_owned()), label.trim()),
            None => (None, inside),
        };
        let is_word = label.chars().all(|c| c.is_alphanumeric() || "_$:{}".contains(c));
        if label.is_empty() || !is_word || label.ends_with('}') && !label.starts_with("${") {
            return Err(format!("`{label}` is no label; write `label_values(METRIC, LABEL)`"));
        }
        Ok(Self::LabelValues { selector, label: label.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_data_source_is_read() {
        let values = |selector: Option<&str>, label: &str| {
            Ok(Lookup::LabelValues {
                selector: selector.map(str::to_owned),
                label: label.to_owned(),
            })
        };
        assert_eq!(Lookup::read("label_values(job)"), values(None, "job"));
        let selector = r#"up{a="b,c", d="e"}"#;
        assert_eq!(
            Lookup::read(&format!("label_values({selector}, job)")),
            values(Some(selector), "job")
        );
        assert_eq!(Lookup::read(" label_names() "), Ok(Lookup::LabelNames(None)));
        assert_eq!(Lookup::read("metrics(a_.*)"), Ok(Lookup::Metrics("a_.*".into())));
        assert_eq!(Lookup::read("query_result(sum(a))"), Ok(Lookup::QueryResult("sum(a)".into())));
        for wrong in ["up", "label_values()", r#"label_values(up{a="b", c="d"})"#, "values(a, b)"] {
            assert!(Lookup::read(wrong).is_err(), "{wrong}");
        }
    }
}
