//! Selectors: names, matchers, ranges, `offset`, `@` and subqueries.

use super::Writer;

/// Metrics whose values are numbers, with the labels of their series.
const NUMBERS: &[(&str, &[&str])] = &[
    ("requests_total", &["job", "instance", "code", "method"]),
    ("requests_total", &["job", "instance", "code", "method"]),
    ("errors_total", &["job", "instance"]),
    ("temperature", &["job", "instance", "zone"]),
    ("temperature", &["job", "instance", "zone"]),
    ("queue_depth", &["job", "instance"]),
    ("up", &["job", "instance"]),
    ("build_info", &["job", "instance", "version"]),
    ("latency_bucket", &["job", "path", "le"]),
    ("latency_count", &["job", "path"]),
    ("odd", &["kind"]),
];

const COUNTERS: [(&str, &[&str]); 2] = [
    ("requests_total", &["job", "instance", "code", "method"]),
    ("errors_total", &["job", "instance"]),
];

const HISTOGRAMS: &[(&str, &[&str])] =
    &[("duration_seconds", &["job", "instance"]), ("size_bytes", &["job", "instance"])];

/// Names without which a selector may be.
const WITHOUT_NAME: &[&str] = &[
    "{__name__=~\"errors_total|queue_depth\"}",
    "{__name__=~\"up|temperature\",job=\"api\"}",
    "{job=\"web\",instance=\"b\"}",
    "{kind=~\".+\"}",
    "{__name__!~\".*_.*\",instance!=\"a\"}",
    "{__name__=\"up\",job!=\"\"}",
];

impl Writer {
    /// What a query of nothing else is: a vector, or the samples of a range.
    pub(super) fn any_selection(&mut self) -> String {
        if self.random.chance(25) { self.range() } else { self.selector() }
    }

    /// An instant vector of series as they are.
    pub(super) fn selector(&mut self) -> String {
        let series = self.series();
        format!("{series}{}", self.shift())
    }

    /// What `timestamp` is of: 3.5 forgets an `offset` beside an `@` there.
    pub(super) fn series_as_they_are(&mut self) -> String {
        let selector = self.selector();
        match selector.split_once(" offset ") {
            Some((fixed, _)) if fixed.contains('@') => fixed.to_owned(),
            _ => selector,
        }
    }

    /// A range vector of series as they are.
    pub(super) fn range(&mut self) -> String {
        let series = self.series();
        format!("{series}[{}]{}", self.duration(), self.shift())
    }

    /// A range vector of a counter.
    pub(super) fn range_of_counter(&mut self) -> String {
        let series = self.counter();
        format!("{series}[{}]{}", self.duration(), self.shift())
    }

    pub(super) fn counter(&mut self) -> String {
        let (name, labels) = *self.random.pick(&COUNTERS);
        self.matched(name, labels)
    }

    /// A range vector of any kind.
    pub(super) fn any_range(&mut self, depth: u32) -> String {
        if depth > 0 && self.random.chance(20) { self.subquery(depth) } else { self.range() }
    }

    pub(super) fn subquery(&mut self, depth: u32) -> String {
        let step = self.random.word(&["", "15s", "30s", "1m", "70s"]);
        let inner = match self.random.below(5) {
            0 | 1 if self.dialect.is_third() => self.vector(depth - 1),
            // No subquery in a subquery: its steps would lie on the edges of windows.
            0 | 1 => format!("rate({})", self.range_of_counter()),
            _ => self.selector(),
        };
        // Longer than each of the steps: what an `@` fixes is refused also where there is no step.
        let length = self.random.word(&["1m30s", "2m", "5m", "10m"]);
        let shift = self.shift();
        // An `@` inside of another: 3.5 counts from another instant.
        let shift = if inner.contains('@') && shift.contains('@') { "" } else { &shift };
        format!("({inner})[{length}:{step}]{shift}")
    }

    fn series(&mut self) -> String {
        if self.random.chance(6) {
            return self.random.word(WITHOUT_NAME).to_owned();
        }
        let is_histogram = self.dialect.is_third() && self.random.chance(8);
        let (name, labels) = *self.random.pick(if is_histogram { HISTOGRAMS } else { NUMBERS });
        self.matched(name, labels)
    }

    /// A metric with matchers for some of its labels.
    pub(super) fn matched(&mut self, name: &str, labels: &[&'static str]) -> String {
        let most = if self.dialect.is_third() { 6 } else { 5 };
        let count = *self.random.pick(&[0, 0, 0, 1, 1, 2][..most]);
        let matchers = (0..count).map(|_| self.matcher(labels)).collect::<Vec<_>>();
        if matchers.is_empty() {
            name.to_owned()
        } else {
            format!("{name}{{{}}}", matchers.join(","))
        }
    }

    fn matcher(&mut self, labels: &[&'static str]) -> String {
        let label = if self.random.chance(8) { "nowhere" } else { self.random.word(labels) };
        let (plain, patterns): (&[&str], &[&str]) = match label {
            "job" => (&["api", "web", "none"], &["api|web", "a.*", ".*"]),
            "instance" => (&["a", "b", "c"], &["a|b", "[bc]", ".+", "(?i:A)"]),
            "code" => (&["200", "404", "500"], &["[45]..", "2.*", "5\\\\d+"]),
            "method" => (&["get", "post"], &["p.*", "g?et"]),
            "le" => (&["+Inf", "1.0", "1"], &["0.+", "1.*"]),
            _ => (&["north", "1.0", "/a", "constant", ""], &[".+", "", "n.*|1.1|/b|ends.*"]),
        };
        let operator = self.random.word(&["=", "=", "!=", "=~", "=~", "!~"]);
        let value = if operator.contains('~') { patterns } else { plain };
        format!("{label}{operator}\"{}\"", self.random.word(value))
    }

    pub(super) fn shift(&mut self) -> String {
        let fixed = match self.random.below(40) {
            0 | 1 => format!(" @ {}", self.random.word(&["start()", "end()"])),
            2..5 => format!(" @ {}", self.instant()),
            _ => String::new(),
        };
        if self.random.chance(15) {
            let offset = self.random.word(&["15s", "1m", "7m", "-30s", "-5m"]);
            return format!("{fixed} offset {offset}");
        }
        fixed
    }
}
