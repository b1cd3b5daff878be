//! slogate's engine in a process of its own: it reads the number of a query from its input,
//! and prints how long that took and what came of it.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::time::Instant;

use slogate_promql::{Expression, Options, Series};

use crate::hour::{self, INTERVAL_MS, QUERY_END_MS, QUERY_START_MS};
use crate::process::{self, Running};
use crate::queries::QUERIES;
use crate::{Failure, process::EVALUATOR};

/// The process, and the two ends of its pipes that are ours.
pub(crate) struct Evaluator {
    _process: Running,
    ask: ChildStdin,
    told: BufReader<ChildStdout>,
}

/// How long an answer took, and enough of it to tell whether two are the same.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) seconds: f64,
    pub(crate) result: ResultSize,
}

/// Series and samples of a result, and the sum of all values.
#[derive(Clone, Copy, Default)]
pub(crate) struct ResultSize {
    pub(crate) series: usize,
    pub(crate) samples: usize,
    pub(crate) sum: f64,
}

impl ResultSize {
    /// The same, but for rounding that adds up over all samples.
    pub(crate) fn is_same(self, other: Self) -> bool {
        let difference = (self.sum - other.sum).abs();
        self.series == other.series
            && self.samples == other.samples
            && self.samples > 0
            && difference <= 1e-9 * self.sum.abs()
    }
}

impl fmt::Display for ResultSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} series, {} samples", self.series, self.samples)
    }
}

impl Evaluator {
    /// Starts one that holds the hour.
    pub(crate) fn start() -> Result<Self, Failure> {
        let mut command = process::this(EVALUATOR)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let ask = child.stdin.take().ok_or("no stdin")?;
        let told = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        Ok(Self { _process: Running(child), ask, told })
    }

    /// Has it evaluate one of the queries.
    pub(crate) fn evaluate(&mut self, query: usize) -> Result<Answer, Failure> {
        writeln!(self.ask, "{query}")?;
        let mut line = String::new();
        self.told.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let mut next = || words.next().ok_or_else(|| format!("the evaluator said `{line}`"));
        let seconds = next()?.parse()?;
        let (series, samples, sum) = (next()?.parse()?, next()?.parse()?, next()?.parse()?);
        Ok(Answer { seconds, result: ResultSize { series, samples, sum } })
    }
}

/// The role: evaluates until its input ends.
pub(crate) fn serve() -> Result<(), Failure> {
    let store = hour::series();
    let options = Options::default();
    for line in std::io::stdin().lines() {
        let index: usize = line?.trim().parse()?;
        let query = QUERIES.get(index).ok_or("no such query")?;
        let begun = Instant::now();
        let expression = Expression::parse(&query.expression)?;
        let (start, end) = (QUERY_START_MS, QUERY_END_MS);
        let series = slogate_promql::range(&expression, &store, start, end, INTERVAL_MS, &options)?;
        let seconds = begun.elapsed().as_secs_f64();
        let ResultSize { series, samples, sum } = size(&series);
        println!("{seconds} {series} {samples} {sum}");
    }
    Ok(())
}

fn size(series: &[Series]) -> ResultSize {
    let values = || series.iter().flat_map(|one| &one.samples).map(|sample| sample.value);
    ResultSize { series: series.len(), samples: values().count(), sum: values().sum() }
}
