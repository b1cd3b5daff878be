//! `info(v)` and `info(v, {…})`: labels of info series, such as the version in
//! `target_info`, added to the elements of the same instance and job
//! (`promql/info.go`).

use std::collections::{BTreeMap, HashMap};

use super::Arguments;
use crate::eval::EvalError;
use crate::matcher::{Matcher, Selector};
use crate::{Datum, Element, Labels, METRIC_NAME, Value};

/// The labels by which an element and an info series belong together.
const IDENTIFYING_LABELS: [&str; 2] = ["instance", "job"];

/// Elements without an info series stay as they are, unless a matcher asks for a label
/// that then is not there.
pub(super) fn info(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let matchers = arguments.call.info_matchers();
    let join = Join {
        newest: newest(arguments)?,
        names: arguments.call.info_names(),
        data: matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME).collect(),
    };
    let mut enriched = Vec::new();
    for element in arguments.vector(0)? {
        let labels = join
            .labels(&element.labels)
            .map_err(|label| arguments.invalid(&format!("conflicting label: {label}")))?;
        enriched.extend(labels.map(|labels| Element { labels, ..element }));
    }
    arguments.unique(enriched)
}

/// Info series by what they identify, and by name: the newest of each name.
type Newest = HashMap<Labels, BTreeMap<String, InfoSeries>>;

struct InfoSeries {
    labels: Labels,
    t_ms: i64,
}

fn newest(arguments: &Arguments<'_, '_>) -> Result<Newest, EvalError> {
    let mut newest = Newest::new();
    for series in found(arguments)? {
        let name = series.labels.metric_name().unwrap_or_default().to_owned();
        let by_name = newest.entry(identity(&series.labels)).or_default();
        match by_name.get(&name) {
            Some(other) if other.t_ms > series.t_ms => {}
            Some(other) if other.t_ms == series.t_ms => {
                let (one, two) = (&other.labels, &series.labels);
                let problem = format!("found duplicate series for info metric: {one}, {two}");
                return Err(arguments.invalid(&problem));
            }
            _ => {
                by_name.insert(name, series);
            }
        }
    }
    Ok(newest)
}

/// The info series as of the instant that the first argument is about.
fn found(arguments: &Arguments<'_, '_>) -> Result<Vec<InfoSeries>, EvalError> {
    let Some(selector) = arguments.call.info_selector() else {
        return Ok(Vec::new());
    };
    let shifts = arguments.get(0)?.shifts_of_first_selector();
    let samples = arguments.samples_as_of(&selector, &shifts).into_iter();
    let series = samples.map(|(labels, t_ms, value)| match value {
        Datum::Number(_) => Ok(InfoSeries { labels, t_ms }),
        Datum::Histogram(_) => {
            let problem = format!("the info series {labels} is a histogram and must be a number");
            Err(arguments.invalid(&problem))
        }
    });
    series.collect()
}

fn identity(labels: &Labels) -> Labels {
    labels.filtered(|name| IDENTIFYING_LABELS.contains(&name))
}

struct Join<'m> {
    newest: Newest,
    /// Elements with such a name are themselves info series.
    names: Option<Selector>,
    /// Matchers of the labels to add; all are added where there are none.
    data: Vec<&'m Matcher>,
}

impl Join<'_> {
    /// The labels of an element with those of its info series; `None` if it lacks one
    /// that is asked for. The error is a label on which two info series disagree.
    fn labels(&self, labels: &Labels) -> Result<Option<Labels>, String> {
        let identity = identity(labels);
        if self.names.as_ref().is_some_and(|names| names.matches(labels)) {
            return Ok(Some(labels.clone()));
        }
        if let Some(by_name) = self.newest.get(&identity).filter(|_| !identity.is_empty()) {
            return self.enriched(labels, by_name).map(Some);
        }
        let may_lack = self.data.iter().all(|matcher| matcher.matches_value(""));
        Ok(may_lack.then(|| labels.clone()))
    }

    fn enriched(
        &self,
        labels: &Labels,
        by_name: &BTreeMap<String, InfoSeries>,
    ) -> Result<Labels, String> {
        let mut added: BTreeMap<&str, &str> = BTreeMap::new();
        let pairs = by_name.values().flat_map(|info| info.labels.iter());
        for (name, value) in pairs.filter(|(name, _)| self.adds(name) && labels.get(name).is_none())
        {
            if added.insert(name, value).is_some_and(|other| other != value) {
                return Err(name.to_owned());
            }
        }
        Ok(Labels::new(labels.iter().chain(added)))
    }

    fn adds(&self, name: &str) -> bool {
        let is_asked_for = || self.data.iter().any(|matcher| matcher.name() == name);
        name != METRIC_NAME && (self.data.is_empty() || is_asked_for())
    }
}
