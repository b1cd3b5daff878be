//! What Grafana does to a query before Prometheus sees it: the step, the window of a
//! rate, and the variables.
//!
//! The rules are those of `pkg/promlib/models/query.go` (step, `$__rate_interval`,
//! alignment) and of the data source's front end (values of `$job` and `$instance`).

use std::time::Duration;

/// A query has no more steps than this; Prometheus refuses 11,000.
const SAFE_RESOLUTION: u64 = 11_000;

/// What a person has chosen for a variable with several values.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// "All", with the variable's `allValue`.
    All(String),
    /// These.
    These(Vec<String>),
}

impl Choice {
    /// The text that replaces `$name`.
    fn text(&self) -> String {
        match self {
            Self::All(all_value) => all_value.clone(),
            Self::These(values) => {
                let escaped: Vec<_> = values.iter().map(|value| escape(value)).collect();
                match escaped.as_slice() {
                    [one] => one.clone(),
                    several => format!("({})", several.join("|")),
                }
            }
        }
    }
}

/// A value inside a regular expression inside a text of PromQL: a backslash is four.
fn escape(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        match character {
            '\\' => escaped.push_str(r"\\\\"),
            '$' | '^' | '*' | '{' | '}' | '[' | ']' | '+' | '?' | '.' | '(' | ')' | '|' => {
                escaped.push_str(r"\\");
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// What is on the screen, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The time that is shown, milliseconds since the epoch.
    pub(crate) from_ms: i64,
    /// Its end.
    pub(crate) to_ms: i64,
    /// Pixels of a panel, which are its most points.
    pub(crate) points: u64,
    /// `timeInterval` of the data source.
    pub(crate) scrape_interval: Duration,
    /// The choice for `$job`.
    pub(crate) job: Choice,
    /// The choice for `$instance`.
    pub(crate) instance: Choice,
}

impl View {
    fn range(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.to_ms - self.from_ms).unwrap())
    }

    /// Between two points of a graph.
    pub(crate) fn step(&self) -> Duration {
        let range_ms = u64::try_from(self.range().as_millis()).unwrap();
        let calculated = rounded(range_ms / self.points);
        let safe = rounded(range_ms / SAFE_RESOLUTION);
        self.scrape_interval.max(Duration::from_millis(calculated.max(safe)))
    }

    /// `$__rate_interval`.
    pub(crate) fn rate_interval(&self) -> Duration {
        (self.step() + self.scrape_interval).max(4 * self.scrape_interval)
    }

    /// The first and the last point: multiples of the step.
    pub(crate) fn aligned(&self) -> (i64, i64) {
        let step_ms = i64::try_from(self.step().as_millis()).unwrap();
        (self.from_ms / step_ms * step_ms, self.to_ms / step_ms * step_ms)
    }

    /// The query as it is sent. A variable that nobody knows stays, and no query may
    /// have one.
    pub(crate) fn expand(&self, expression: &str) -> String {
        let seconds = |duration: Duration| format!("{}s", duration.as_secs());
        let known = [
            ("__rate_interval", seconds(self.rate_interval())),
            ("__interval_ms", self.step().as_millis().to_string()),
            ("__interval", seconds(self.step())),
            ("__range_s", self.range().as_secs().to_string()),
            ("__range_ms", self.range().as_millis().to_string()),
            ("__range", seconds(self.range())),
            ("job", self.job.text()),
            ("instance", self.instance.text()),
        ];
        known.iter().fold(expression.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value)
        })
    }
}

/// Upper bounds of intervals, and what they are rounded to; milliseconds. Longer ones
/// are for ranges of days, which no test has.
const ROUNDED: &[(u64, u64)] = &[
    (750, 500),
    (1_500, 1_000),
    (3_500, 2_000),
    (7_500, 5_000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
];

fn rounded(interval_ms: u64) -> u64 {
    let found = ROUNDED.iter().find(|(below, _)| interval_ms <= *below);
    found.unwrap_or_else(|| panic!("no rounding for {interval_ms} ms")).1
}

fn view(job: Choice, instance: Choice) -> View {
    View {
        from_ms: 1_000_000_000_001,
        to_ms: 1_000_003_600_001,
        points: 800,
        scrape_interval: Duration::from_secs(15),
        job,
        instance,
    }
}

#[test]
fn an_hour_on_eight_hundred_pixels_with_scrapes_every_15_s() {
    let all = || Choice::All(".+".to_owned());
    let view = view(all(), all());
    assert_eq!((view.step().as_secs(), view.rate_interval().as_secs()), (15, 60));
    assert_eq!(view.aligned(), (999_999_990_000, 1_000_003_590_000));
    let sent =
        view.expand(r#"rate(a{job=~"$job"}[$__rate_interval]) + ${__range_s} + $__interval"#);
    assert_eq!(sent, r#"rate(a{job=~".+"}[60s]) + 3600 + 15s"#);
}

#[test]
fn chosen_values_are_escaped_twice() {
    let these = |values: &[&str]| Choice::These(values.iter().map(ToString::to_string).collect());
    let view = view(these(&["export"]), these(&["127.0.0.1:4001", r"a\b"]));
    let sent = view.expand(r#"up{job=~"$job", instance=~"$instance|"}"#);
    assert_eq!(sent, r#"up{job=~"export", instance=~"(127\\.0\\.0\\.1:4001|a\\\\b)|"}"#);
}
