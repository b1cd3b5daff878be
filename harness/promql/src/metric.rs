//! One series by name and labels, as people write it: `name{a="1"}`, `{a="1"}`,
//! `{"name", a="1"}`. Unlike a selector, it says exactly one label set.

use crate::{Labels, METRIC_NAME};

/// Reads a series. An empty text is the empty label set.
pub(crate) fn parse_metric(text: &str) -> Result<Labels, String> {
    let mut reader = Reader { text, rest: text.trim_start() };
    let mut pairs = Vec::new();
    let name = reader.word(|c| c.is_alphanumeric() || matches!(c, '_' | ':'));
    if !name.is_empty() {
        pairs.push((METRIC_NAME.to_owned(), name.to_owned()));
    }
    if reader.accept('{') {
        reader.labels(&mut pairs)?;
    }
    if !reader.rest.trim().is_empty() {
        return Err(reader.unexpected("the end of the series"));
    }
    let mut names = pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    names.sort_unstable();
    let repeated = names.windows(2).find(|pair| pair[0] == pair[1]);
    if let Some([name, ..]) = repeated {
        return Err(format!("the label `{name}` is there twice in `{text}`"));
    }
    Ok(Labels::new(pairs))
}

struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// What stands between the braces, the closing one included.
    fn labels(&mut self, pairs: &mut Vec<(String, String)>) -> Result<(), String> {
        loop {
            self.rest = self.rest.trim_start();
            if self.accept('}') {
                return Ok(());
            }
            let quoted = self.rest.starts_with(['"', '\'', '`']);
            let name = if quoted { self.quoted()? } else { self.label_name()? };
            self.rest = self.rest.trim_start();
            if self.accept('=') {
                self.rest = self.rest.trim_start();
                pairs.push((name, self.quoted()?));
            } else if quoted {
                pairs.push((METRIC_NAME.to_owned(), name));
            } else {
                return Err(self.unexpected("`=`"));
            }
            self.rest = self.rest.trim_start();
            if !self.accept(',') && !self.rest.starts_with('}') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn label_name(&mut self) -> Result<String, String> {
        let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() {
            Err(self.unexpected("a label name or `}`"))
        } else {
            Ok(name.to_owned())
        }
    }

    fn word(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let starts_with_digit = self.rest.starts_with(|c: char| c.is_ascii_digit());
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(if starts_with_digit { 0 } else { end });
        self.rest = rest;
        word
    }

    /// A text in any of PromQL's quotes.
    fn quoted(&mut self) -> Result<String, String> {
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
        let Some(quote) = quote else {
            return Err(self.unexpected("a quoted text"));
        };
        let mut value = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                _ if character == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                '\\' if quote != '`' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, same @ ('\\' | '"' | '\''))) => value.push(same),
                    _ => return Err(format!("unknown escape in `{}`", self.text)),
                },
                _ => value.push(character),
            }
        }
        Err(format!("a quoted text does not end in `{}`", self.text))
    }

    fn accept(&mut self, character: char) -> bool {
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn unexpected(&self, wanted: &str) -> String {
        let text = self.text;
        match self.rest.chars().next() {
            Some(found) => format!("expected {wanted}, not {found:?}, in `{text}`"),
            None => format!("expected {wanted} at the end of `{text}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_to_write_a_series() {
        let up = Labels::new([(METRIC_NAME, "up"), ("a", "1"), ("b", "x\"y")]);
        for text in
            [r#"up{a="1", b="x\"y"}"#, r#"{"up",a='1',b=`x"y`,}"#, r#" up { a = "1" , b="x\"y" } "#]
        {
            // White space before the brace is not part of the name.
            let parsed = parse_metric(&text.replace("up {", "up{"));
            assert_eq!(parsed, Ok(up.clone()), "{text}");
        }
        assert_eq!(parse_metric("job:x:rate"), Ok(Labels::new([(METRIC_NAME, "job:x:rate")])));
        assert_eq!(parse_metric("{}"), Ok(Labels::default()));
        assert_eq!(parse_metric(""), Ok(Labels::default()));
    }

    #[test]
    fn says_what_is_wrong() {
        for text in
            ["up{a=\"1\"", "up{a}", "up{a=1}", "up{a=\"1\"} x", "up{a=\"1\",a=\"2\"}", "1up"]
        {
            assert!(parse_metric(text).is_err(), "{text}");
        }
    }
}
