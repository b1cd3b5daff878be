//! What a call of `info` joins: `info(v)` and `info(v, {version=~".+"})` add the labels
//! of series such as `target_info` to those of `v`.
//!
//! The second argument looks like a selector and is none: it is the matchers of the info
//! series, whose name is `target_info` unless they say otherwise (`promql/info.go`).

use std::sync::LazyLock;

use regex::Regex;

use super::{Call, Expression, InstantSelector, Kind, TimeShift};
use crate::METRIC_NAME;
use crate::matcher::{MatchOperator, Matcher, Selector, split_metric_name};

/// The info series that is meant where none is named.
const DEFAULT_NAME: &str = "target_info";

/// The names that are meant where it is only said which are not.
const ANY_INFO_NAME: &str = ".+_info";

static ANY_INFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!("^(?s:{ANY_INFO_NAME})$")).ok());

impl Call {
    /// The info series that this call joins, if it is a call of `info`.
    pub(crate) fn info_selector(&self) -> Option<Selector> {
        (self.function.name == "info").then(|| {
            let (mut name, mut matchers) = split_metric_name(None, self.info_matchers().to_vec());
            let names = matchers.iter().filter(|matcher| matcher.name() == METRIC_NAME);
            let names = names.map(asks_for_something).collect::<Vec<_>>();
            if name.is_none() && names.is_empty() {
                name = Some(DEFAULT_NAME.to_owned());
            } else if name.is_none() && !names.contains(&true) {
                matchers.push(any_info());
            }
            Selector::new(name, matchers)
        })
    }

    /// Which elements are themselves info series to this call, by their names.
    pub(crate) fn info_names(&self) -> Option<Selector> {
        let says_nothing_of_names = self.arguments.len() > 1
            && self.info_matchers().iter().all(|matcher| matcher.name() != METRIC_NAME);
        let selector = self.info_selector().filter(|_| !says_nothing_of_names)?;
        let names = selector.matchers().iter().filter(|matcher| matcher.name() == METRIC_NAME);
        Some(Selector::new(selector.metric_name().map(str::to_owned), names.cloned().collect()))
    }

    /// The matchers of the second argument, as they are written.
    pub(crate) fn info_matchers(&self) -> &[Matcher] {
        match self.arguments.get(1) {
            Some(Expression { kind: Kind::Selector(InstantSelector { selector, .. }) }) => {
                selector.matchers()
            }
            _ => &[],
        }
    }
}

/// Whether a matcher says what is wanted, not only what is not.
fn asks_for_something(matcher: &Matcher) -> bool {
    matches!(matcher.operator(), MatchOperator::Equal | MatchOperator::Matches)
}

fn any_info() -> Matcher {
    let (name, pattern) = (METRIC_NAME.to_owned(), ANY_INFO.clone());
    Matcher::parsed(name, MatchOperator::Matches, ANY_INFO_NAME.to_owned(), pattern)
}

impl Expression {
    /// `@` and `offset` on the way to its first selector, outermost first; nothing where
    /// there is no selector. Info series are looked up at that instant.
    pub(crate) fn shifts_of_first_selector(&self) -> Vec<TimeShift> {
        self.first_selector().unwrap_or_default()
    }

    fn first_selector(&self) -> Option<Vec<TimeShift>> {
        match &self.kind {
            Kind::Selector(instant) => Some(vec![instant.time]),
            Kind::Range(range) => Some(vec![range.instant.time]),
            Kind::Subquery(subquery) => {
                let inner = subquery.inner.first_selector()?;
                Some(std::iter::once(subquery.time).chain(inner).collect())
            }
            _ => self.parts().into_iter().find_map(Self::first_selector),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> String {
        let Kind::Call(call) = Expression::parse(text).unwrap().kind else {
            panic!("{text} is no call");
        };
        call.info_selector().unwrap().to_string()
    }

    #[test]
    fn an_info_series_has_a_name_unless_another_is_asked_for() {
        assert_eq!(joined("info(up)"), "target_info");
        assert_eq!(joined("info(up, {version=~\".+\"})"), "target_info{version=~\".+\"}");
        assert_eq!(joined("info(up, {__name__=\"build_info\"})"), "build_info");
        assert_eq!(joined("info(up, {__name__=~\".+_info\"})"), "{__name__=~\".+_info\"}");
        let negated = joined("info(up, {__name__!=\"a_info\",a=\"1\"})");
        assert_eq!(negated, "{__name__!=\"a_info\",a=\"1\",__name__=~\".+_info\"}");
    }

    #[test]
    fn the_second_argument_is_matchers_only() {
        for text in ["info(up, build_info)", "info(up, {a=\"1\"} offset 5m)", "info(up, up + up)"] {
            let error = Expression::parse(text).unwrap_err().to_string();
            assert!(error.contains("label matchers"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        for text in ["info(up)", "info(up, {__name__=\"build_info\",version=~\".+\"})"] {
            assert_eq!(Expression::parse(text).unwrap().to_string(), text);
        }
    }
}
