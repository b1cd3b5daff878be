//! Every query by both, turn by turn.

use crate::Failure;
use crate::evaluator::Evaluator;
use crate::prometheus::Prometheus;
use crate::queries::{QUERIES, Query};
use crate::table::{Bar, Table, note};

const ROUNDS: usize = 9;
/// Prometheus' time by slogate's: 1 is as fast, and 2 is the aim.
const AT_LEAST_AS_FAST: f64 = 1.0;

/// Milliseconds of each round.
#[derive(Default)]
struct Rounds {
    ours: Vec<f64>,
    theirs: Vec<f64>,
    round_trips: Vec<f64>,
    ratios: Vec<f64>,
}

pub(crate) fn measure(table: &mut Table) -> Result<(), Failure> {
    let mut evaluator = Evaluator::start()?;
    let prometheus = Prometheus::start()?;
    match &prometheus {
        Some(server) => note(&format!("beside Prometheus {}, GOMAXPROCS=1", server.version)),
        None => note("Prometheus is not here, or its promtool is not: nothing is compared"),
    }
    for (index, query) in QUERIES.iter().enumerate() {
        note(&query.expression);
        same_answers(table, &mut evaluator, prometheus.as_ref(), index, query)?;
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            rounds.turn(&mut evaluator, prometheus.as_ref(), index, query)?;
        }
        rounds.tell(table, query);
    }
    Ok(())
}

/// Asks both once before anything is measured: a fast wrong answer is none.
fn same_answers(
    table: &mut Table,
    evaluator: &mut Evaluator,
    prometheus: Option<&Prometheus>,
    index: usize,
    query: &Query,
) -> Result<(), Failure> {
    let ours = evaluator.evaluate(index)?.result;
    let Some(prometheus) = prometheus else {
        return Ok(());
    };
    let theirs = prometheus.evaluate(query)?.answer.result;
    let what = format!("{}: the same answer", query.name);
    table.must(&what, ours.is_same(theirs), &format!("{ours}; {theirs}"));
    Ok(())
}

impl Rounds {
    fn turn(
        &mut self,
        evaluator: &mut Evaluator,
        prometheus: Option<&Prometheus>,
        index: usize,
        query: &Query,
    ) -> Result<(), Failure> {
        let ours = evaluator.evaluate(index)?.seconds;
        self.ours.push(ours * 1e3);
        if let Some(prometheus) = prometheus {
            let asked = prometheus.evaluate(query)?;
            self.theirs.push(asked.answer.seconds * 1e3);
            self.round_trips.push(asked.round_trip_seconds * 1e3);
            self.ratios.push(asked.answer.seconds / ours);
        }
        Ok(())
    }

    fn tell(self, table: &mut Table, query: &Query) {
        let line = |what: &str| format!("{}: {what}", query.name);
        table.line(&line("slogate"), self.ours, "ms", Bar::None);
        table.line(&line("Prometheus"), self.theirs, "ms", Bar::None);
        table.line(&line("its HTTP"), self.round_trips, "ms", Bar::None);
        table.line(&line("times faster"), self.ratios, "×", Bar::AtLeast(AT_LEAST_AS_FAST));
    }
}
