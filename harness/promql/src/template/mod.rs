//! Templates of alert labels and annotations: Go's `text/template` with
//! Prometheus' data and functions (`template/template.go`).
//!
//! A template is parsed once, when its rule file is read, so that a mistake is
//! a problem of the file. What Go's language has and this one does not
//! (`call`, `toDuration`) is refused by name when parsed.

mod escape;
mod evaluate;
mod functions;
mod humanize;
mod layout;
mod lex;
mod parse;
mod printf;
mod time;
mod timestamp;
mod uses;
mod value;
mod verb;
mod verb_number;

use thiserror::Error;

use crate::{Datum, Element, Labels};

/// A parsed template.
#[derive(Clone, Debug)]
pub struct Template {
    source: String,
    nodes: Vec<parse::Node>,
    definitions: parse::Definitions,
}

/// What a template can see.
pub struct TemplateData<'a> {
    /// `$labels` and `.Labels`: the labels of the alert's element.
    pub labels: &'a Labels,
    /// `$value` and `.Value`; a histogram is a text to functions, and refused by
    /// those that need a number.
    pub value: Datum,
    /// `$externalLabels` and `.ExternalLabels`.
    pub external_labels: &'a Labels,
    /// `$externalURL` and `.ExternalURL`.
    pub external_url: &'a str,
    /// The time of the evaluation, milliseconds since the epoch: `now`.
    pub at_ms: i64,
    /// Answers `query "…"`.
    pub query: &'a dyn Fn(&str) -> Result<Vec<Element>, String>,
}

/// Why a template cannot be parsed or expanded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// Not a template.
    #[error("{0}")]
    Syntax(String),
    /// Something Go has and this engine does not.
    #[error("{0} is not supported yet")]
    Unsupported(String),
    /// A template that is one, but cannot be expanded with this data.
    #[error("{0}")]
    Expansion(String),
}

impl Template {
    /// Parses a template. Text without `{{` is a template that expands to itself.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let (nodes, definitions) = parse::parse(&lex::lex(source)?)?;
        Ok(Self { source: source.to_owned(), nodes, definitions })
    }

    /// A text that is no template, whatever is in it.
    pub(crate) fn verbatim(source: &str) -> Self {
        let nodes = vec![parse::Node::Text(source.to_owned())];
        Self { source: source.to_owned(), nodes, definitions: parse::Definitions::default() }
    }

    /// The text as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Labels of the alert's element without which the text has a gap, sorted. One that the
    /// text asks for with `if` or `with` is none of them.
    pub(crate) fn labels_needed(&self) -> Vec<String> {
        uses::labels_needed(&self.nodes).into_iter().collect()
    }

    /// The text with everything filled in.
    pub fn expand(&self, data: &TemplateData<'_>) -> Result<String, TemplateError> {
        evaluate::expand(&self.nodes, &self.definitions, data)
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(source: &str) -> Result<String, TemplateError> {
        let labels = Labels::new([("instance", "a:9090"), ("job", "b")]);
        let external = Labels::new([("region", "eu")]);
        let rows = |expression: &str| match expression {
            "up" => Ok(vec![
                Element::of_number(Labels::new([("job", "y")]), 2.0),
                Element::of_number(Labels::new([("job", "x")]), 1.0),
            ]),
            "none" => Ok(Vec::new()),
            other => Err(format!("no such series {other}")),
        };
        Template::parse(source)?.expand(&TemplateData {
            labels: &labels,
            value: 12_345.678.into(),
            external_labels: &external,
            external_url: "http://prometheus",
            at_ms: 1_709_251_199_500,
            query: &rows,
        })
    }

    #[test]
    fn fills_in_labels_and_the_value() {
        for (source, text) in [
            ("plain", "plain"),
            ("{{ $labels.instance }} of {{ .Labels.job }}", "a:9090 of b"),
            ("{{ $value }} {{ .Value | humanize }}", "12345.678 12.35k"),
            ("{{ $labels.absent }}|{{ $externalLabels.region }}", "|eu"),
            ("{{ printf \"%.2f\" $value }}", "12345.68"),
            ("a {{- /* comment */ -}} b", "ab"),
            ("{{ $externalURL }}", "http://prometheus"),
        ] {
            assert_eq!(expand(source).as_deref(), Ok(text), "{source}");
        }
    }

    #[test]
    fn decides_and_repeats() {
        for (source, text) in [
            ("{{ if gt $value 1.0 }}high{{ else }}low{{ end }}", "high"),
            ("{{ if eq $labels.job \"a\" }}1{{ else if eq $labels.job \"b\" }}2{{ end }}", "2"),
            ("{{ range query \"up\" }}{{ .Labels.job }}={{ .Value }} {{ end }}", "y=2 x=1 "),
            (
                "{{ range $i, $e := query \"up\" | sortByLabel \"job\" }}{{ $i }}{{ $e.Labels.job }}{{ end }}",
                "0x1y",
            ),
            ("{{ range query \"none\" }}x{{ else }}nothing{{ end }}", "nothing"),
            ("{{ with query \"up\" }}{{ . | first | value }}{{ end }}", "2"),
            ("{{ with query \"none\" }}x{{ else }}none{{ end }}", "none"),
            ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
            ("{{ query \"up\" | first | label \"job\" | toUpper }}", "Y"),
            ("{{ (index (query \"up\") 1).Value }}", "1"),
            ("{{ slice \"hello\" 1 3 }}|{{ slice (query \"up\") 0 1 | len }}", "el|1"),
            (
                "{{ html \"<a>\" 1 2 }} {{ urlquery \"a b\" }} {{ js \"=\" }}",
                "&lt;a&gt;1 2 a+b \\u003D",
            ),
            ("{{ range 3 }}{{ . }},{{ end }}", "0,1,2,"),
            ("{{ range $i := 2 }}{{ $i }}{{ end }}{{ range 0 }}x{{ else }}none{{ end }}", "01none"),
            ("{{ template \"x\" $value }}{{ define \"x\" }}[{{ . }}]{{ end }}", "[12345.678]"),
            ("{{ define \"x\" }}<{{ $ }}>{{ end }}{{ template \"x\" }}", "<<no value>>"),
            ("{{ range 2 }}{{ block \"y\" . }}{{ .}};{{ end }}{{ end }}{{ $labels.job }}", "0;1;b"),
        ] {
            assert_eq!(expand(source).as_deref(), Ok(text), "{source}");
        }
    }

    #[test]
    fn times_have_methods() {
        for (source, text) in [
            ("{{ now }}", "1.7092511995e+09"),
            ("{{ toTime now }}", "2024-02-29 23:59:59.5 +0000 UTC"),
            ("{{ (now | toTime).Year }}{{ with toTime \"1.5\" }} {{ .Unix }}{{ end }}", "2024 1"),
            ("{{ (toTime now).Format \"15:04\" }}", "23:59"),
            ("{{ $t := toTime now }}{{ $t.UTC.Format \"2006\" | len }}", "4"),
            ("{{ \"Mon\" | (toTime 0).Format }}", "Thu"),
            (
                "{{ printf \"%v|%s|%T\" (toTime 0) (toTime 0) (toTime 0) }}",
                "1970-01-01 00:00:00 +0000 UTC|1970-01-01 00:00:00 +0000 UTC|*time.Time",
            ),
        ] {
            assert_eq!(expand(source).as_deref(), Ok(text), "{source}");
        }
        for source in [
            "{{ toTime \"NaN\" }}",
            "{{ (toTime 0).Sooner }}",
            "{{ (toTime 0).Format }}",
            "{{ (toTime 0).Format 5 }}",
            "{{ $labels.job \"x\" }}",
            "{{ 5 | $labels.job }}",
        ] {
            assert!(matches!(expand(source), Err(TemplateError::Expansion(_))), "{source}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_do_by_name() {
        let message = |source: &str| Template::parse(source).unwrap_err().to_string();
        assert_eq!(message("{{ $label.foo }}"), "undefined variable \"$label\"");
        assert_eq!(message("{{ nonsense 1 }}"), "function \"nonsense\" not defined");
        assert_eq!(message("{{ call 1 }}"), "the template function `call` is not supported yet");
        assert_eq!(
            message("{{ define \"x\" }}{{ $labels.job }}{{ end }}"),
            "undefined variable \"$labels\""
        );
        for source in ["{{ if true }}{{ define \"x\" }}{{ end }}{{ end }}", "{{ template x }}"] {
            assert!(matches!(Template::parse(source), Err(TemplateError::Syntax(_))), "{source}");
        }
        assert!(message("{{ if true }}").contains("end"), "{}", message("{{ if true }}"));
        assert!(message("{{ $value").contains("unclosed"), "{}", message("{{ $value"));
    }

    #[test]
    fn fails_on_data_that_does_not_fit() {
        for source in [
            "{{ query \"none\" | first }}",
            "{{ query \"broken\" }}",
            "{{ if gt $value 1 }}x{{ end }}",
            "{{ .Nothing }}",
            "{{ slice \"hello\" 3 1 }}",
            "{{ slice \"hello\" 0 9 }}",
            "{{ slice \"é\" 0 1 }}",
            "{{ template \"nowhere\" }}",
            "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" }}",
            "{{ range 9000 }}{{ range 9000 }}x{{ end }}{{ end }}",
            "{{ range 123456789012 }}x{{ end }}",
            "{{ range $i, $e := 3 }}x{{ end }}",
        ] {
            assert!(matches!(expand(source), Err(TemplateError::Expansion(_))), "{source}");
        }
    }
}
