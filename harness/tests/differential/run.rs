//! One run of a seed: the same series into both engines, the same queries to both, and what
//! came of it.

use std::collections::BTreeSet;

use slogate_promql::{Expression, Options, instant, range};

use super::compare::{Answer, difference};
use super::data::{Data, END_MS, START_MS};
use super::dialect::{Dialect, is_newer_refusal};
use super::grammar::{Family, Writer};
use super::random::Random;
use super::remote_write;
use super::summary::Summary;
use super::support::generations::Tool;
use super::support::prometheus::{Prometheus, encoded};

/// Where a query is evaluated.
#[derive(Clone, Copy, Debug)]
enum When {
    Instant(i64),
    Range { start_ms: i64, end_ms: i64, step_ms: i64 },
}

/// Differences for which a fresh server is started: more of them are no accident.
const FRESH_SERVERS: usize = 25;

/// The series of a seed in a real Prometheus and in ours.
pub(crate) struct Run {
    seed: u64,
    dialect: Dialect,
    data: Data,
    prometheus: Prometheus,
    tool: Tool,
}

/// A fresh server that has the data.
fn loaded(tool: &Tool, data: &Data) -> Prometheus {
    let prometheus = Prometheus::receiving(tool);
    remote_write::send(&data.store, prometheus.address());
    prometheus
}

impl Run {
    pub(crate) fn start(tool: &Tool, seed: u64) -> Self {
        let dialect = Dialect::of(tool.major());
        let data = Data::make(seed, dialect);
        let prometheus = loaded(tool, &data);
        let run = Self { seed, dialect, data, prometheus, tool: tool.clone() };
        run.assert_that_all_is_there();
        run
    }

    /// As many samples in theirs as in ours: what was refused in silence would look like
    /// differences of the engines.
    fn assert_that_all_is_there(&self) {
        let when = When::Instant(END_MS + 3_600_000);
        let names = self.data.store.iter().filter_map(|series| series.labels.metric_name());
        for name in names.collect::<BTreeSet<_>>() {
            let counts = format!("count_over_time({name}[3h])");
            let theirs = Answer::of_api(&self.prometheus.answer(&when.path(&counts)));
            let ours = self.ours(&counts, when);
            let shown = difference(&ours, &theirs);
            assert!(ours.is_same(&theirs, false), "seed {}: not all is there\n{shown}", self.seed);
        }
    }

    /// So many generated queries, each at an instant and over a range.
    pub(crate) fn ask_generated(&self, count: u32) -> Summary {
        let mut random = Random::new(self.seed ^ 0x5eed);
        let mut writer = Writer::new(random.fork(), self.dialect, self.beside_ms());
        let mut summary = Summary::default();
        for _ in 0..count {
            let (family, expression) = writer.query();
            for when in [self.instant(&mut random), self.range(&mut random)] {
                self.ask(family, &expression, when, &mut summary);
            }
        }
        summary
    }

    /// One query that somebody looks at, at many instants.
    pub(crate) fn ask_one(&self, expression: &str) -> Summary {
        let mut random = Random::new(self.seed);
        let mut summary = Summary::default();
        for _ in 0..40 {
            for when in [self.instant(&mut random), self.range(&mut random)] {
                self.ask(Family::Selectors, expression, when, &mut summary);
            }
        }
        summary
    }

    fn ask(&self, family: Family, expression: &str, when: When, summary: &mut Summary) {
        let path = when.path(expression);
        let mut theirs = Answer::of_api(&self.prometheus.answer(&path));
        let ours = self.ours(expression, when);
        let is_ordered = expression.starts_with("sort") && matches!(when, When::Instant(_));
        let mut is_same = ours.is_same(&theirs, is_ordered);
        if !is_same && summary.differences.len() < FRESH_SERVERS {
            // After many queries 3.5 gives buckets of other samples of a native histogram now and
            // then. What a fresh server answers otherwise, it cannot judge.
            let fresh = Answer::of_api(&loaded(&self.tool, &self.data).answer(&path));
            if !fresh.is_same(&theirs, is_ordered) {
                summary.unsteady += 1;
                is_same = ours.is_same(&fresh, is_ordered);
                theirs = fresh;
            }
        }
        let is_newer = matches!(&ours, Answer::Refused(reason) if is_newer_refusal(reason));
        if !is_same && is_newer {
            summary.count_newer_refusal();
            return;
        }
        summary.count(family, &theirs, is_same);
        if !is_same {
            summary.differ(self.difference(expression, when, &ours, &theirs));
        }
    }

    fn difference(&self, expression: &str, when: When, ours: &Answer, theirs: &Answer) -> String {
        let shown = difference(ours, theirs);
        format!("seed {}: {expression}\n  {when:?}\n{shown}", self.seed)
    }

    fn ours(&self, expression: &str, when: When) -> Answer {
        let options = Options::default();
        let parsed = match Expression::parse(expression) {
            Ok(parsed) => parsed,
            Err(error) => return Answer::Refused(error.to_string()),
        };
        let evaluated = match when {
            When::Instant(at_ms) => instant(&parsed, &self.data.store, at_ms, &options)
                .map(|value| Answer::of_value(value, at_ms)),
            When::Range { start_ms, end_ms, step_ms } => {
                range(&parsed, &self.data.store, start_ms, end_ms, step_ms, &options)
                    .map(|series| Answer::of_series(&series))
            }
        };
        evaluated.unwrap_or_else(|error| Answer::Refused(error.to_string()))
    }

    /// Added to full seconds, so that no instant is one of a sample.
    fn beside_ms(&self) -> i64 {
        if self.data.is_aligned { 0 } else { 700 }
    }

    fn instant(&self, random: &mut Random) -> When {
        When::Instant(self.moment(random))
    }

    /// A full multiple of five seconds, from a little before the first sample to a little after
    /// the last.
    fn moment(&self, random: &mut Random) -> i64 {
        let steps = u32::try_from((END_MS - START_MS) / 5000).unwrap() + 120;
        START_MS - 60_000 + i64::from(random.below(steps)) * 5000 + self.beside_ms()
    }

    fn range(&self, random: &mut Random) -> When {
        let step_ms = *random.pick(&[15_000, 60_000, 77_000, 300_000]);
        let start_ms = self.moment(random);
        When::Range { start_ms, end_ms: start_ms + step_ms * i64::from(random.below(20)), step_ms }
    }
}

impl When {
    /// What is asked of the HTTP API.
    fn path(self, expression: &str) -> String {
        let seconds = |ms: i64| format!("{}.{:03}", ms / 1000, ms % 1000);
        let query = encoded(expression);
        match self {
            Self::Instant(at_ms) => format!("query?query={query}&time={}", seconds(at_ms)),
            Self::Range { start_ms, end_ms, step_ms } => format!(
                "query_range?query={query}&start={}&end={}&step={}",
                seconds(start_ms),
                seconds(end_ms),
                seconds(step_ms)
            ),
        }
    }
}
