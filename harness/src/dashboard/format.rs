//! How `${name:format}` writes what somebody has chosen: the formats that Grafana documents, with
//! the results of `packages/scenes/src/variables/interpolation/formatRegistry.ts` in
//! grafana/scenes, which differ from the documentation for `percentencode` (braces) and `json`
//! (one value stays as it is). What it has beside those is for pages and links.

use std::fmt::Write as _;

use super::choice::{Choice, Choosable, alternatives};
use super::queries::ALL;

/// The formats that Grafana knows.
pub(super) const FORMATS: [&str; 19] = [
    "csv",
    "customqueryparam",
    "date",
    "distributed",
    "doublequote",
    "glob",
    "html",
    "join",
    "json",
    "lucene",
    "percentencode",
    "pipe",
    "queryparam",
    "raw",
    "regex",
    "singlequote",
    "sqlstring",
    "text",
    "uriencode",
];

/// A sentence about why it is not known here what Grafana would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritten(pub String);

/// The name of a format, without what it is told behind a colon.
pub(super) fn format_name(format: &str) -> &str {
    format.split(':').next().unwrap_or(format)
}

/// What replaces `${name:format}`. A format that Grafana does not know it takes for `glob`.
pub(super) fn formatted(choice: &Choice, name: &str, format: &str) -> Result<String, Unwritten> {
    let (format, argument) =
        format.split_once(':').map_or((format, None), |(format, rest)| (format, Some(rest)));
    match (choice, format) {
        (Choice::All(_) | Choice::Every(_), "text") => return Ok("All".to_owned()),
        (Choice::All(_) | Choice::Every(_), "queryparam") => {
            return Ok(parameter(name, ALL));
        }
        (Choice::All(all), "percentencode") => return Ok(percent_encoded(all, "-_.~")),
        (Choice::All(all), _) => return Ok(all.clone()),
        _ => {}
    }
    match choice {
        Choice::One(one) | Choice::OneOfAll(one) => of_one(one, name, format, argument),
        _ => of_several(choice.chosen(), name, format, argument),
    }
}

/// A value that is no list.
fn of_one(
    one: &Choosable,
    name: &str,
    format: &str,
    argument: Option<&str>,
) -> Result<String, Unwritten> {
    match format {
        "lucene" => Ok(lucene(&one.value)),
        "json" => Ok(one.value.clone()),
        "percentencode" => Ok(percent_encoded(&one.value, "-_.~")),
        "date" => one.value.parse().map_or_else(|_| Ok("NaN".to_owned()), |at| date(at, argument)),
        _ => of_several(std::slice::from_ref(one), name, format, argument),
    }
}

fn of_several(
    several: &[Choosable],
    name: &str,
    format: &str,
    argument: Option<&str>,
) -> Result<String, Unwritten> {
    let values: Vec<&str> = several.iter().map(|one| one.value.as_str()).collect();
    let each = |write: &dyn Fn(&str) -> String, between: &str| {
        values.iter().map(|value| write(value)).collect::<Vec<_>>().join(between)
    };
    Ok(match format {
        "csv" | "raw" => values.join(","),
        "date" => "NaN".to_owned(),
        "distributed" => values.join(&format!(",{name}=")),
        "doublequote" => each(&|value| format!("\"{}\"", value.replace('"', "\\\"")), ","),
        "html" | "customqueryparam" | "uriencode" => {
            return Err(Unwritten(format!("the format `{format}` is for pages and links")));
        }
        "join" => values.join(argument.unwrap_or(",")),
        "json" => serde_json::to_string(&values).unwrap_or_default(),
        "lucene" if values.is_empty() => "__empty__".to_owned(),
        "lucene" => format!("({})", each(&|value| format!("\"{}\"", lucene(value)), " OR ")),
        "percentencode" => percent_encoded(&format!("{{{}}}", values.join(",")), "-_.~"),
        "pipe" => values.join("|"),
        "queryparam" => each(&|value| parameter(name, value), "&"),
        "regex" => alternatives(&values, escaped),
        "singlequote" => each(&|value| format!("'{}'", value.replace('\'', "\\'")), ","),
        "sqlstring" => each(&|value| format!("'{}'", sql(value)), ","),
        "text" => several.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join(" + "),
        _ => match values.as_slice() {
            [one] => (*one).to_owned(),
            several => format!("{{{}}}", several.join(",")),
        },
    })
}

/// An instant, milliseconds since the epoch, as `${__from:date:…}` writes it.
pub(super) fn date(at_ms: i64, argument: Option<&str>) -> Result<String, Unwritten> {
    match argument.unwrap_or("iso") {
        "ms" => Ok(at_ms.to_string()),
        // Halves go up, as in `Math.round`.
        "seconds" => Ok((at_ms + 500).div_euclid(1000).to_string()),
        "iso" => jiff::Timestamp::from_millisecond(at_ms)
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
            .map_err(|_| Unwritten(format!("{at_ms} ms is no date"))),
        other => Err(Unwritten(format!(
            "the date `{other}` is written in the time zone of whoever looks"
        ))),
    }
}

/// A value inside a regular expression, without a thought of the quotes around it.
fn escaped(value: &str) -> String {
    with_backslashes(value, |letter| r"\^$*+?.()|[]{}/".contains(letter))
}

fn lucene(value: &str) -> String {
    if value.trim().is_empty() || value.trim().parse::<f64>().is_ok() {
        return value.to_owned();
    }
    with_backslashes(value, |letter| {
        letter.is_whitespace() || "!*+-=<>&|()[]{}^~?:\\/\"".contains(letter)
    })
}

fn with_backslashes(value: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(value.len());
    for letter in value.chars() {
        escaped.extend(is_special(letter).then_some('\\'));
        escaped.push(letter);
    }
    escaped
}

fn sql(value: &str) -> String {
    value.replace('\'', "''").replace('"', "\\\"")
}

/// `var-name=value`, in which a link leaves more signs as they are than RFC 3986 does.
fn parameter(name: &str, value: &str) -> String {
    let encoded = |text: &str| percent_encoded(text, "-_.~@:$,");
    format!("var-{}={}", encoded(name), encoded(value))
}

/// Every byte but letters, digits and `kept` as `%20`.
fn percent_encoded(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if byte.is_ascii_alphanumeric() || byte.is_ascii() && kept.contains(letter) {
            encoded.push(letter);
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(values: &[&str]) -> Choice {
        Choice::These(values.iter().map(|value| Choosable::from((*value).to_owned())).collect())
    }

    fn one(value: &str) -> Choice {
        Choice::One(Choosable::from(value.to_owned()))
    }

    /// The examples of Grafana's documentation, and what differs for one value.
    #[test]
    fn every_documented_format_writes_what_grafana_writes() {
        let cases = [
            (these(&["test1", "test2"]), "csv", "test1,test2"),
            (these(&["test1", "test2"]), "distributed", "test1,servers=test2"),
            (these(&["a\"b", "c"]), "doublequote", r#""a\"b","c""#),
            (these(&["test1", "test2"]), "glob", "{test1,test2}"),
            (these(&["test1"]), "glob", "test1"),
            (these(&["test1", "test2"]), "json", r#"["test1","test2"]"#),
            (one("test1"), "json", "test1"),
            (these(&["test1", "a b"]), "lucene", r#"("test1" OR "a\ b")"#),
            (one("a:b"), "lucene", r"a\:b"),
            (one("-5"), "lucene", "-5"),
            (these(&[]), "lucene", "__empty__"),
            (one("foo()bar BAZ"), "percentencode", "foo%28%29bar%20BAZ"),
            (these(&["ü", "b"]), "percentencode", "%7B%C3%BC%2Cb%7D"),
            (these(&["test1.", "test2"]), "pipe", "test1.|test2"),
            (these(&["test1.", "test2"]), "raw", "test1.,test2"),
            (these(&["test1.", "test2"]), "regex", r"(test1\.|test2)"),
            (these(&["it's", "b"]), "singlequote", r"'it\'s','b'"),
            (these(&["test'1", "test2"]), "sqlstring", "'test''1','test2'"),
            (these(&["test1", "test2"]), "text", "test1 + test2"),
            (these(&["a b", "c:d"]), "queryparam", "var-servers=a%20b&var-servers=c:d"),
            (these(&["a", "b"]), "join:;", "a;b"),
            (these(&["a", "b"]), "nonsense", "{a,b}"),
            (one("1594671549254"), "date", "2020-07-13T20:19:09.254Z"),
            (one("1594671549254"), "date:seconds", "1594671549"),
            (one("never"), "date", "NaN"),
        ];
        for (choice, format, expected) in cases {
            let written = formatted(&choice, "servers", format).unwrap();
            assert_eq!(written, expected, "{format} of {choice:?}");
        }
        assert!(formatted(&one("5"), "a", "date:YYYY-MM").is_err());
        assert!(formatted(&one("5"), "a", "html").unwrap_err().0.contains("html"));
    }

    #[test]
    fn all_is_its_own_text_and_link() {
        let named = Choosable { value: "v".into(), text: "Shown".into() };
        let every = Choice::Every(vec![named.clone()]);
        let text = |choice: &Choice, format| formatted(choice, "a", format).unwrap();
        for all in [&every, &Choice::All(".+".into())] {
            assert_eq!(
                (text(all, "text"), text(all, "queryparam")),
                ("All".into(), "var-a=$__all".into())
            );
        }
        assert_eq!(text(&Choice::All(".+".into()), "regex"), ".+");
        assert_eq!(text(&Choice::All(".+".into()), "percentencode"), ".%2B");
        assert_eq!(text(&every, "csv"), "v");
        assert_eq!(text(&Choice::These(vec![named]), "text"), "Shown");
    }
}
