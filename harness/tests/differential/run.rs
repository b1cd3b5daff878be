//! One run of a seed: the same series into both engines, the same queries to both, and what
//! came of it.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use slogate_promql::{
    Annotated, Annotation, Expression, Options, instant_annotated, range_annotated,
};

use super::annotations;
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
            let (ours, _) = self.ours(&counts, when);
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
        let answer = self.prometheus.answer(&path);
        let mut theirs = Answer::of_api(&answer);
        let (ours, said) = self.ours(expression, when);
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
        if is_same && self.dialect.is_third() {
            self.compare_annotations((expression, when), &said, &answer, summary);
        }
        if !is_same {
            summary.differ(self.shown(expression, when, &difference(&ours, &theirs)));
        }
    }

    fn compare_annotations(
        &self,
        (expression, when): (&str, When),
        ours: &[Annotation],
        answer: &Json,
        summary: &mut Summary,
    ) {
        let ours = annotations::of_ours(ours);
        match annotations::of_api(answer) {
            Some(theirs) if theirs != ours => {
                let shown = format!("  ours said:   {ours:?}\n  theirs said: {theirs:?}\n");
                summary.differ(self.shown(expression, when, &shown));
            }
            Some(theirs) => summary.annotated += usize::from(!theirs.is_empty()),
            None => {}
        }
    }

    fn shown(&self, expression: &str, when: When, shown: &str) -> String {
        format!("seed {}: {expression}\n  {when:?}\n{shown}", self.seed)
    }

    /// Our answer, and what is said beside it.
    fn ours(&self, expression: &str, when: When) -> (Answer, Vec<Annotation>) {
        self.evaluated(expression, when).unwrap_or_else(|why| (Answer::Refused(why), Vec::new()))
    }

    fn evaluated(&self, expression: &str, when: When) -> Result<(Answer, Vec<Annotation>), String> {
        let (store, options) = (&self.data.store, Options::default());
        let parsed = Expression::parse(expression).map_err(|error| error.to_string())?;
        let Annotated { value, annotations } = match when {
            When::Instant(at_ms) => {
                let answer = instant_annotated(&parsed, store, at_ms, &options);
                answer.map(|answer| answer.map(|value| Answer::of_value(value, at_ms)))
            }
            When::Range { start_ms, end_ms, step_ms } => {
                let answer = range_annotated(&parsed, store, [start_ms, end_ms, step_ms], &options);
                answer.map(|answer| answer.map(|series| Answer::of_series(&series)))
            }
        }
        .map_err(|error| error.to_string())?;
        Ok((value, annotations))
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
