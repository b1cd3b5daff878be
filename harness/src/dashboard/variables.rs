//! Where a text names variables of Grafana, and what stands there in their place.
//!
//! `$name`, `${name}`, `${name:format}` and the old `[[name]]` are the forms
//! (`VARIABLE_REGEX` in `public/app/features/variables/utils.ts` of grafana/grafana). Whoever
//! asks says what a name stands for; a name that nobody knows stays, as in Grafana.

/// A place where a variable is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    /// Bytes of the text, from the sign that begins it to the one that ends it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) name: &'t str,
    /// `login` of `${__user.login}`.
    pub(super) field: Option<&'t str>,
    /// `regex` of `${name:regex}`.
    pub(super) format: Option<&'t str>,
    /// Whether it stands inside a quoted text of PromQL.
    pub(super) is_quoted: bool,
}

impl Reference<'_> {
    /// Whether it can be meant as a group of a regular expression, `$1`.
    pub(super) fn is_group(&self) -> bool {
        self.name.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether Grafana itself says its value.
    pub(super) fn is_global(&self) -> bool {
        self.name.starts_with("__")
    }
}

/// Every place of a text that names a variable, in order.
pub(super) fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut quote: Option<u8> = None;
    let mut at = 0;
    while at < text.len() {
        let byte = text.as_bytes()[at];
        if let Some(reference) = reference_at(text, at, quote.is_some()) {
            at = reference.end;
            found.push(reference);
            continue;
        }
        match quote {
            // A backslash of a raw text is one.
            Some(open) if byte == b'\\' && open != b'`' => at += 1,
            Some(open) if byte == open => quote = None,
            None if matches!(byte, b'"' | b'\'' | b'`') => quote = Some(byte),
            _ => {}
        }
        at += 1;
    }
    found
}

/// A text with what `value` says in the place of each variable.
pub(super) fn replaced(
    text: &str,
    mut value: impl FnMut(&Reference<'_>) -> Option<String>,
) -> String {
    let mut made = String::with_capacity(text.len());
    let mut written = 0;
    for reference in references(text) {
        if let Some(value) = value(&reference) {
            made.push_str(&text[written..reference.start]);
            made.push_str(&value);
            written = reference.end;
        }
    }
    made + &text[written..]
}

fn reference_at(text: &str, start: usize, is_quoted: bool) -> Option<Reference<'_>> {
    let rest = &text.as_bytes()[start..];
    let (inside, end) = match rest {
        [b'$', b'{', ..] => enclosed(text, start + 2, "}")?,
        [b'[', b'[', ..] => enclosed(text, start + 2, "]]")?,
        [b'$', ..] => {
            let name = word(&text[start + 1..]);
            (name, start + 1 + name.len())
        }
        _ => return None,
    };
    let (name, format) = split(inside, ':');
    let (name, field) = split(name, '.');
    let is_name = !name.is_empty() && word(name).len() == name.len();
    is_name.then_some(Reference { start, end, name, field, format, is_quoted })
}

/// What stands before the first such sign, and what behind it.
fn split(text: &str, sign: char) -> (&str, Option<&str>) {
    text.split_once(sign).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// What stands up to the sign that closes it, and where that ends.
fn enclosed<'t>(text: &'t str, from: usize, close: &str) -> Option<(&'t str, usize)> {
    let length = text[from..].find(close)?;
    Some((&text[from..from + length], from + length + close.len()))
}

/// The letters, digits and underscores at the start of a text.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Vec<(&str, Option<&str>, bool)> {
        references(text).into_iter().map(|one| (one.name, one.format, one.is_quoted)).collect()
    }

    #[test]
    fn every_form_of_a_variable_is_found() {
        let text = r#"a{b=~"$job|x$", c="${d:regex}", e='[[f:csv]]'}[$__rate_interval] + ${g.h}"#;
        let expected = [
            ("job", None, true),
            ("d", Some("regex"), true),
            ("f", Some("csv"), true),
            ("__rate_interval", None, false),
            ("g", None, false),
        ];
        assert_eq!(named(text), expected);
    }

    #[test]
    fn what_is_no_name_stays() {
        for text in ["a$", "$", "${", "${}", "[[", "[[a", "$ü", "a[5m]"] {
            assert_eq!(named(text), [], "{text}");
        }
        assert_eq!(replaced("$a-$b-$1", |one| (one.name == "a").then(|| "x".into())), "x-$b-$1");
        let field = references("${__user.login:raw}")[0];
        assert_eq!((field.name, field.field, field.format), ("__user", Some("login"), Some("raw")));
        assert!(references("$1")[0].is_group() && references("${__to}")[0].is_global());
    }

    #[test]
    fn quotes_end_where_promql_ends_them() {
        let quoted = |text| named(text).into_iter().map(|one| one.2).collect::<Vec<_>>();
        assert_eq!(quoted(r#"a{b="\"$c"} + $d"#), [true, false]);
        assert_eq!(quoted(r"a{b=`\`} + $d"), [false]);
        assert_eq!(quoted("a{b=\"'\"} + $d"), [false]);
    }
}
