//! What both engines say beside a value: the same texts, but for the place in the expression
//! that Prometheus adds.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use slogate_promql::Annotation;

/// More texts of one level than this Prometheus does not write out.
const MOST_TEXTS: usize = 10;

/// Texts that only versions newer than 3.5 say.
const NEWER: [&str; 4] = [
    "PromQL warning: conflicting counter resets during histogram aggregation",
    "PromQL info: mismatched custom buckets were reconciled during",
    "PromQL warning: sort is ineffective for range queries",
    "PromQL info: input to histogram_",
];

/// Ours without what only newer versions say.
pub(crate) fn of_ours(annotations: &[Annotation]) -> BTreeSet<String> {
    let said = annotations.iter().map(ToString::to_string);
    said.filter(|text| !is_newer(text)).collect()
}

/// Theirs without places; `None` where they are too many to be all there.
pub(crate) fn of_api(answer: &Json) -> Option<BTreeSet<String>> {
    let mut said = BTreeSet::new();
    for level in ["warnings", "infos"] {
        let texts = answer[level].as_array().cloned().unwrap_or_default();
        if texts.len() >= MOST_TEXTS {
            return None;
        }
        said.extend(texts.iter().filter_map(Json::as_str).map(without_place));
    }
    Some(said.into_iter().filter(|text| !is_newer(text)).collect())
}

fn is_newer(text: &str) -> bool {
    NEWER.iter().any(|newer| text.starts_with(newer))
}

/// `… (1:6)` without the place.
fn without_place(text: &str) -> String {
    let place = text.rsplit_once(" (").filter(|(_, place)| place.ends_with(')'));
    place.map_or(text, |(before, _)| before).to_owned()
}
