//! The short form of presence: `series 'SELECTOR' present [during PHASE]`.
//!
//! Quotes around the selector are optional; what stands between the first word and
//! `present` is it, whatever is in its label values.

use super::client::{find_during, phase_after};
use super::codes;
use super::finding::Finding;
use super::objective::PRESENT;

const SERIES: &str = "series";

/// The parts of the form, each as offset and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SeriesForm {
    /// The selector, without quotes around it.
    pub(super) selector: (usize, usize),
    /// What must hold: `present`.
    pub(super) state: (usize, usize),
    /// The phase.
    pub(super) during: Option<(usize, usize)>,
}

/// Whether a short form is one about series.
pub(super) fn is_about_series(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix(SERIES);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Splits a short form that is about series; the parts are checked by whoever reads them.
pub(super) fn split(text: &str) -> Result<SeriesForm, Finding> {
    let from = text.len() - text.trim_start().len() + SERIES.len();
    // A `during` within the selector's quotes is followed by more than a name.
    let (end, during) = match find_during(text).filter(|at| *at > from) {
        Some(at) if text[at..].split_whitespace().count() <= 2 => {
            (at, Some(phase_after(text, at)?))
        }
        _ => (text.len(), None),
    };
    let body = text[from..end].trim_end();
    let state_at = from + body.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
    let state = &text[state_at..from + body.len()];
    if !matches!(state, PRESENT | "absent") {
        let whole = text.trim();
        return Err(Finding::new(
            codes::SERIES_PRESENCE,
            0,
            whole.len(),
            "`series` is followed by a selector and `present`",
        )
        .help("write for example `series 'export_fail_total{format=\"csv\"}' present`"));
    }
    let between = &text[from..state_at];
    let selector = unquoted(between.trim());
    if selector.trim().is_empty() {
        return Err(Finding::new(
            codes::SERIES_PRESENCE,
            from,
            between.len().max(1),
            "this `series` names none",
        )
        .help("write for example `series export_fail_total present`"));
    }
    // A part of `text`, so that its place is the distance of the two.
    let at = selector.as_ptr() as usize - text.as_ptr() as usize;
    Ok(SeriesForm { selector: (at, selector.len()), state: (state_at, state.len()), during })
}

/// Without the pair of quotes that may stand around it.
fn unquoted(selector: &str) -> &str {
    ['\'', '"', '`']
        .into_iter()
        .find_map(|quote| selector.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(selector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, Option<String>) {
        let form = split(text).unwrap();
        let part = |(at, length): (usize, usize)| text[at..at + length].to_owned();
        (part(form.selector), part(form.state), form.during.map(part))
    }

    #[test]
    fn the_selector_may_stand_in_quotes_or_not() {
        let selector = "x_total{format=\"csv\"}";
        for text in [
            format!("series '{selector}' present"),
            format!("  series   {selector}   present "),
            format!("series `{selector}` present"),
        ] {
            assert_eq!(parts(&text), (selector.to_owned(), "present".to_owned(), None), "{text}");
        }
    }

    #[test]
    fn a_phase_may_follow_and_a_label_value_may_look_like_one() {
        let text = "series x{path=\"a during present\"} present during steady";
        let (selector, _, during) = parts(text);
        assert_eq!(selector, "x{path=\"a during present\"}");
        assert_eq!(during.as_deref(), Some("steady"));
        let (selector, _, during) = parts("series x{path=\"a during b\"} present");
        assert_eq!((selector.as_str(), during), ("x{path=\"a during b\"}", None));
    }

    #[test]
    fn what_is_missing_is_told() {
        assert!(is_about_series("series x") && !is_about_series("series_x > 5"));
        for text in ["series", "series x", "series x > 5", "series present", "series '' present"] {
            assert!(split(text).is_err(), "{text}");
        }
        let unnamed = split("series x present during").unwrap_err();
        assert_eq!(unnamed.message, "`during` names no phase");
    }
}
