//! A screen of this dashboard: the product's view of time and of choices, for the two variables
//! that there are.

use std::time::Duration;

use slogate::dashboard::{Choice, View as Time};

/// What is on the screen, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The time that is shown.
    pub(crate) time: Time,
    /// The choice for `$job`.
    pub(crate) job: Choice,
    /// The choice for `$instance`.
    pub(crate) instance: Choice,
}

impl View {
    /// Between two points of a graph.
    pub(crate) fn step(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.time.step_ms()).unwrap())
    }

    /// `$__rate_interval`.
    pub(crate) fn rate_interval(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.time.rate_interval_ms()).unwrap())
    }

    /// The first and the last point: multiples of the step.
    pub(crate) fn aligned(&self) -> (i64, i64) {
        self.time.aligned()
    }

    /// The query as it is sent. A variable that nobody knows stays, and no query may
    /// have one.
    pub(crate) fn expand(&self, expression: &str) -> String {
        let global = |name: &str| (name.to_owned(), self.time.global(name).unwrap());
        let chosen =
            |name: &str, choice: &Choice| (name.to_owned(), choice.text(name, None).unwrap());
        let known = [
            global("__rate_interval"),
            global("__interval_ms"),
            global("__interval"),
            chosen("job", &self.job),
            chosen("instance", &self.instance),
        ];
        known.iter().fold(expression.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value)
        })
    }
}
