//! Client expressions: one call on the load generator's own numbers.
//!
//! ```text
//! expression = time | count | bytes | "ratio(success" [filter] ")" | "rate(responses" [filter] ")" | "span(phase)"
//! time       = ("pNN" | "mean" | "max") "(" ("latency" | "service_time" | "lag") [filter] ")"
//! count      = "count(" ("intended" | "sent" | "responses" | "dropped" | "repeats" | "retried")
//!               [filter] ")"
//! bytes      = "bytes(" ("sent" | "received") [filter] ")"
//! filter     = "{" ("request" | "outcome") "=" string { "," … } "}"
//! short form = expression threshold ["during" name]
//! ```

use super::codes;
use super::fields::closest;
use super::finding::Finding;
use super::model::{
    ClientExpression, Counted, Outcome, RequestFilter, Statistic, TimeKind, Transferred,
};

/// A client expression with what must be checked against the rest of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    /// The expression.
    pub(super) expression: ClientExpression,
    /// Where the request's name stands in the text: offset and length.
    pub(super) request_at: Option<(usize, usize)>,
}

/// The parts of `EXPRESSION THRESHOLD [during PHASE]`, each as offset and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortForm {
    /// The expression.
    pub(super) expression: (usize, usize),
    /// The comparison.
    pub(super) threshold: (usize, usize),
    /// The phase.
    pub(super) during: Option<(usize, usize)>,
}

const FUNCTIONS: &[&str] = &["p95", "mean", "max", "count", "bytes", "ratio", "rate", "span"];

const DURING: &str = "during";

/// Reads an expression that is the whole text.
pub(super) fn parse(text: &str) -> Result<Parsed, Finding> {
    let mut cursor = Cursor { text, at: 0 };
    let parsed = cursor.expression()?;
    cursor.skip_blanks();
    if cursor.at < text.len() {
        let rest = text.len() - cursor.at;
        return Err(Finding::new(
            codes::CLIENT_EXPRESSION,
            cursor.at,
            rest,
            "unexpected text after the expression",
        )
        .help("an expression is one call; the comparison stands in `is`"));
    }
    Ok(parsed)
}

/// Splits a short form; the parts are checked by whoever reads them.
pub(super) fn split_short_form(text: &str) -> Result<ShortForm, Finding> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.skip_blanks();
    let start = cursor.at;
    cursor.expression()?;
    let expression = (start, cursor.at - start);
    cursor.skip_blanks();
    let from = cursor.at;
    let rest = &text[from..];
    let (threshold, during) = match find_during(rest) {
        Some(at) => (&rest[..at], Some(phase_after(text, from + at)?)),
        None => (rest, None),
    };
    if threshold.trim().is_empty() {
        return Err(Finding::new(
            codes::INVALID_COMPARISON,
            start,
            expression.1,
            "this objective has no comparison",
        )
        .help("write what must hold, for example `p95(latency) < 1s`"));
    }
    Ok(ShortForm { expression, threshold: (from, threshold.trim_end().len()), during })
}

/// The phase of a short form that cannot be split any further, if it names one.
pub(super) fn phase_of_short_form(text: &str) -> Option<(usize, usize)> {
    phase_after(text, find_during(text)?).ok()
}

/// Where the last `during` stands as a word by itself.
pub(super) fn find_during(text: &str) -> Option<usize> {
    let alone = |at: &usize| {
        let after = &text[at + DURING.len()..];
        (*at == 0 || text[..*at].ends_with(char::is_whitespace))
            && (after.is_empty() || after.starts_with(char::is_whitespace))
    };
    text.rmatch_indices(DURING).map(|(at, _)| at).find(alone)
}

/// The phase that a `during` at this place names.
pub(super) fn phase_after(text: &str, during: usize) -> Result<(usize, usize), Finding> {
    let after = &text[during + DURING.len()..];
    let name = after.trim();
    if name.is_empty() {
        return Err(Finding::new(
            codes::CLIENT_EXPRESSION,
            during,
            DURING.len(),
            "`during` names no phase",
        )
        .help("write for example `during steady`, or remove it for all measured phases"));
    }
    Ok((text.len() - after.trim_start().len(), name.len()))
}

/// What a call's arguments were.
struct Argument<'t> {
    word: &'t str,
    word_at: usize,
    filter: RequestFilter,
    request_at: Option<(usize, usize)>,
    outcome_at: Option<usize>,
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn expression(&mut self) -> Result<Parsed, Finding> {
        self.skip_blanks();
        let at = self.at;
        let function = self.word();
        if function.is_empty() {
            return Err(self.unexpected("a call such as p95(latency)"));
        }
        self.expect('(')?;
        let argument = self.argument()?;
        self.expect(')')?;
        let expression = match function {
            "count" => count(&argument)?,
            "bytes" => bytes(&argument)?,
            "ratio" => {
                only(&argument, "success")?;
                without_outcome(&argument)?;
                ClientExpression::SuccessRatio { filter: argument.filter.clone() }
            }
            "rate" => {
                only(&argument, "responses")?;
                ClientExpression::ResponseRate { filter: argument.filter.clone() }
            }
            "span" => span(&argument)?,
            _ => time(statistic(function, at)?, &argument)?,
        };
        Ok(Parsed { expression, request_at: argument.request_at })
    }

    fn argument(&mut self) -> Result<Argument<'t>, Finding> {
        self.skip_blanks();
        let word_at = self.at;
        let word = self.word();
        if word.is_empty() {
            return Err(self.unexpected("what to measure, such as latency"));
        }
        let mut argument = Argument {
            word,
            word_at,
            filter: RequestFilter::default(),
            request_at: None,
            outcome_at: None,
        };
        self.skip_blanks();
        if self.peek() == Some('{') {
            self.filter(&mut argument)?;
        }
        Ok(argument)
    }

    fn filter(&mut self, argument: &mut Argument) -> Result<(), Finding> {
        self.expect('{')?;
        loop {
            self.skip_blanks();
            if self.peek() == Some('}') {
                break;
            }
            self.matcher(argument)?;
            self.skip_blanks();
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => break,
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        self.expect('}')
    }

    fn matcher(&mut self, argument: &mut Argument) -> Result<(), Finding> {
        let at = self.at;
        let label = self.word();
        if !matches!(label, "request" | "outcome") {
            let message = if label.is_empty() {
                return Err(self.unexpected("`request` or `outcome`"));
            } else {
                format!("unknown label `{label}`")
            };
            let meant = closest(label, ["request", "outcome"]);
            let help = meant.map_or_else(
                || "a filter has the labels `request` and `outcome`".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            return Err(Finding::new(codes::CLIENT_EXPRESSION, at, label.len(), message).help(help));
        }
        let twice = match label {
            "request" => argument.filter.request.is_some(),
            _ => argument.filter.outcome.is_some(),
        };
        if twice {
            return Err(Finding::new(
                codes::DUPLICATE_KEY,
                at,
                label.len(),
                format!("`{label}` twice in one filter"),
            ));
        }
        self.skip_blanks();
        if self.text[self.at..].starts_with("=~") || self.text[self.at..].starts_with('!') {
            return Err(Finding::new(
                codes::NOT_SUPPORTED,
                self.at,
                2,
                "only `=` is supported in a client filter",
            ));
        }
        self.expect('=')?;
        let (value_at, value) = self.string()?;
        if label == "request" {
            argument.filter.request = Some(value.to_owned());
            argument.request_at = Some((value_at, value.len()));
        } else {
            argument.filter.outcome = Some(outcome(value, value_at)?);
            argument.outcome_at = Some(at);
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(usize, &'t str), Finding> {
        self.skip_blanks();
        let Some(quote @ ('"' | '\'')) = self.peek() else {
            return Err(self.unexpected("a text in quotes"));
        };
        let from = self.at + 1;
        let Some(length) = self.text[from..].find(quote) else {
            return Err(Finding::new(
                codes::CLIENT_EXPRESSION,
                self.at,
                self.text.len() - self.at,
                "this quote is not closed",
            ));
        };
        self.at = from + length + 1;
        Ok((from, &self.text[from..from + length]))
    }

    fn word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn expect(&mut self, wanted: char) -> Result<(), Finding> {
        self.skip_blanks();
        if self.peek() == Some(wanted) {
            self.at += wanted.len_utf8();
            return Ok(());
        }
        Err(self.unexpected(&format!("`{wanted}`")))
    }

    fn unexpected(&self, wanted: &str) -> Finding {
        let found = self.peek();
        let message = match found {
            Some(found) => format!("expected {wanted}, found `{found}`"),
            None => format!("expected {wanted}, found the end of the text"),
        };
        let length = found.map_or(0, char::len_utf8);
        Finding::new(codes::CLIENT_EXPRESSION, self.at, length, message)
            .help("a client expression is one call, such as p95(latency{request=\"csv\"})")
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }
}

fn statistic(word: &str, at: usize) -> Result<Statistic, Finding> {
    match word {
        "mean" => return Ok(Statistic::Mean),
        "max" => return Ok(Statistic::Max),
        _ => {}
    }
    let wrong = |message: String| Finding::new(codes::CLIENT_EXPRESSION, at, word.len(), message);
    let percent = word.strip_prefix('p').filter(|digits| {
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.ends_with(|c: char| c.is_ascii_digit())
    });
    let Some(percent) = percent.and_then(|digits| digits.parse::<f64>().ok()) else {
        let known =
            "known are pNN (p50, p95, p99.9), mean, max, count, bytes, ratio, rate and span";
        let help = closest(word, FUNCTIONS.iter().copied())
            .map_or_else(|| known.to_owned(), |meant| format!("did you mean `{meant}`? {known}"));
        return Err(wrong(format!("unknown function `{word}`")).help(help));
    };
    if percent <= 0.0 {
        return Err(wrong(format!("`{word}` is no percentile: it must be above 0 and below 100")));
    }
    if percent >= 100.0 {
        let help = match word {
            "p100" => "write max(…) for the largest value".to_owned(),
            "p999" => "write p99.9".to_owned(),
            "p9999" => "write p99.99".to_owned(),
            _ => "write for example p95 or p99.9".to_owned(),
        };
        return Err(wrong(format!("`{word}` is no percentile: it must be below 100")).help(help));
    }
    // 99.9 / 100 is 0.9990000000000001; the nearest double of 0.999 is meant.
    Ok(Statistic::Quantile((percent * 1e6).round() / 1e8))
}

fn time(statistic: Statistic, argument: &Argument) -> Result<ClientExpression, Finding> {
    let Some(time) = TimeKind::by_word(argument.word) else {
        return Err(unknown_argument(argument, TimeKind::WORDS));
    };
    if time == TimeKind::Lag {
        without_outcome(argument)?;
    }
    Ok(ClientExpression::Time { statistic, time, filter: argument.filter.clone() })
}

fn count(argument: &Argument) -> Result<ClientExpression, Finding> {
    let Some(counted) = Counted::by_word(argument.word) else {
        return Err(unknown_argument(argument, Counted::WORDS));
    };
    if matches!(counted, Counted::Dropped | Counted::Repeats | Counted::Retried) {
        without_outcome(argument)?;
    }
    Ok(ClientExpression::Count { counted, filter: argument.filter.clone() })
}

fn bytes(argument: &Argument) -> Result<ClientExpression, Finding> {
    let Some(transferred) = Transferred::by_word(argument.word) else {
        return Err(unknown_argument(argument, Transferred::WORDS));
    };
    without_outcome(argument)?;
    Ok(ClientExpression::Bytes { transferred, filter: argument.filter.clone() })
}

fn span(argument: &Argument) -> Result<ClientExpression, Finding> {
    only(argument, "phase")?;
    if argument.filter != RequestFilter::default() {
        let message = "span(phase) has no filter: it is about the phase's requests together";
        return Err(Finding::new(
            codes::CLIENT_EXPRESSION,
            argument.word_at,
            argument.word.len(),
            message,
        )
        .help("write `span(phase) < 30s during PHASE`"));
    }
    Ok(ClientExpression::Span)
}

fn only(argument: &Argument, wanted: &'static str) -> Result<(), Finding> {
    if argument.word == wanted { Ok(()) } else { Err(unknown_argument(argument, &[wanted])) }
}

fn without_outcome(argument: &Argument) -> Result<(), Finding> {
    let Some(at) = argument.outcome_at else {
        return Ok(());
    };
    let message = format!("`{}` cannot be told apart by outcome", argument.word);
    Err(Finding::new(codes::CLIENT_EXPRESSION, at, "outcome".len(), message)
        .help("remove `outcome`"))
}

fn unknown_argument(argument: &Argument, known: &[&str]) -> Finding {
    let known_list = known.join(", ");
    let help = closest(argument.word, known.iter().copied()).map_or_else(
        || format!("here stands {known_list}"),
        |meant| format!("did you mean `{meant}`?"),
    );
    let message = format!("`{}` is not measured by this function", argument.word);
    Finding::new(codes::CLIENT_EXPRESSION, argument.word_at, argument.word.len(), message)
        .help(help)
}

fn outcome(value: &str, at: usize) -> Result<Outcome, Finding> {
    Outcome::by_word(value).ok_or_else(|| {
        let known: Vec<String> = Outcome::WORDS.iter().map(|word| format!("{word:?}")).collect();
        Finding::new(
            codes::CLIENT_EXPRESSION,
            at,
            value.len(),
            format!("unknown outcome `{value}`"),
        )
        .help(format!("an outcome is {}", known.join(" or ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(text: &str) -> ClientExpression {
        parse(text).unwrap().expression
    }

    #[test]
    fn reads_each_form() {
        let csv = RequestFilter { request: Some("csv".into()), outcome: None };
        assert_eq!(
            expression("p99.9( latency { request = 'csv' , } )"),
            ClientExpression::Time {
                statistic: Statistic::Quantile(0.999),
                time: TimeKind::Latency,
                filter: csv.clone(),
            }
        );
        assert_eq!(
            expression("count(dropped)"),
            ClientExpression::Count { counted: Counted::Dropped, filter: RequestFilter::default() }
        );
        assert_eq!(
            expression("ratio(success{request=\"csv\"})"),
            ClientExpression::SuccessRatio { filter: csv.clone() }
        );
        assert_eq!(
            expression("rate(responses{request=\"csv\"})"),
            ClientExpression::ResponseRate { filter: csv }
        );
        assert_eq!(expression("span(phase)"), ClientExpression::Span);
        let (transferred, filter) = (Transferred::Received, RequestFilter::default());
        assert_eq!(expression("bytes(received)"), ClientExpression::Bytes { transferred, filter });
        assert_eq!(
            expression("max(lag)"),
            ClientExpression::Time {
                statistic: Statistic::Max,
                time: TimeKind::Lag,
                filter: RequestFilter::default(),
            }
        );
    }

    #[test]
    fn names_the_place_and_what_to_do() {
        let finding = |text: &str| {
            let finding = parse(text).unwrap_err();
            (
                finding.offset,
                finding.length,
                finding.message + "; " + &finding.help.unwrap_or_default(),
            )
        };
        assert_eq!(finding("p95(latncy)").0, 4);
        assert!(finding("p95(latncy)").2.ends_with("did you mean `latency`?"));
        assert!(finding("p100(latency)").2.ends_with("write max(…) for the largest value"));
        assert!(finding("p999(latency)").2.ends_with("write p99.9"));
        assert!(finding("p0(latency)").2.contains("above 0"));
        assert!(finding("cuont(sent)").2.contains("did you mean `count`?"));
        assert_eq!(finding("p95(latency{requst=\"csv\"})").0, 12);
        assert!(finding("p95(latency{outcome=\"good\"})").2.contains("\"ok\" or \"failed\""));
        assert!(finding("p95(latency{request=\"csv})").2.contains("not closed"));
        assert!(finding("p95(latency").2.contains("end of the text"));
        assert!(finding("ratio(success{outcome=\"ok\"})").2.contains("by outcome"));
        assert!(finding("p95(latency) < 1s").2.contains("`is`"));
    }

    #[test]
    fn splits_a_short_form() {
        let text = " p95(latency)  < 1s   during  steady ";
        let short = split_short_form(text).unwrap();
        let part = |(at, length): (usize, usize)| &text[at..at + length];
        assert_eq!(part(short.expression), "p95(latency)");
        assert_eq!(part(short.threshold), "< 1s");
        assert_eq!(short.during.map(part), Some("steady"));
        for text in ["p95(latency)", "p95(latency) during steady"] {
            assert!(split_short_form(text).unwrap_err().message.contains("no comparison"));
        }
    }

    #[test]
    fn a_phase_without_a_name_is_told_as_that() {
        for text in ["p95(latency) < 1s during", "p95(latency) < 1s during  "] {
            let finding = split_short_form(text).unwrap_err();
            assert_eq!(finding.message, "`during` names no phase");
            assert_eq!(&text[finding.offset..finding.offset + finding.length], "during");
        }
        let broken = "p95(latncy) < 1s during stedy";
        let (at, length) = phase_of_short_form(broken).unwrap();
        assert_eq!(&broken[at..at + length], "stedy");
    }
}
