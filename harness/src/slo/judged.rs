//! One judged objective: what was observed, what was wanted, and the verdict.

use std::fmt;

use super::{AlertEnding, Doubt, Ruling, ShownBeside, Verdict};
use crate::code::Code;
use crate::load::LoadModel;
use crate::scenario::Place;
use crate::units::{Unit, format_quantity};

/// Where a judged number came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The load generator's own measurement.
    Client,
    /// A PromQL expression over the scraped series.
    Promql,
    /// The growth of a scraped counter, without extrapolation.
    Counter,
    /// The presence of scraped series.
    Series,
    /// A total of the client's beside the growth of a counter.
    Reconcile,
    /// An alert rule that was evaluated over the run.
    Alert,
}

impl Source {
    /// The word that scenario files use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Promql => "promql",
            Self::Counter => "counter",
            Self::Series => "series",
            Self::Reconcile => "reconcile",
            Self::Alert => "alert",
        }
    }
}

/// What was observed, in the objective's base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observed {
    /// A finite number.
    Number(f64),
    /// More than can be said: the value falls on a request that failed, was
    /// dropped, or lies beyond the last bound.
    Unbounded,
    /// Nothing was measured.
    Nothing,
    /// NaN or an infinity.
    NotFinite(f64),
    /// How an alert ended.
    Alert {
        /// The ending of its rule, of several the one that matters most.
        ending: AlertEnding,
        /// How many of its label sets fired.
        firing: u64,
    },
}

impl Observed {
    /// A finite number as it is, everything else as not finite.
    pub fn of(value: f64) -> Self {
        if value.is_finite() { Self::Number(value) } else { Self::NotFinite(value) }
    }

    /// The number, if there is a finite one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(value),
            Self::Alert { firing, .. } => Some(firing as f64),
            Self::Unbounded | Self::Nothing | Self::NotFinite(_) => None,
        }
    }

    /// For people: `1.23 s`, `unbounded`, `nothing`, `NaN`.
    pub fn show(self, unit: Unit) -> String {
        match self {
            Self::Number(value) | Self::NotFinite(value) => format_quantity(value, unit),
            Self::Unbounded => "unbounded".into(),
            Self::Nothing => "nothing".into(),
            Self::Alert { ending, .. } => ending.words().into(),
        }
    }
}

/// How far the observed value may be from what it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncertainty {
    /// Why it is uncertain.
    pub kind: UncertaintyKind,
    /// The lower end in the base unit; `None` is without bound.
    pub low: Option<f64>,
    /// The upper end in the base unit; `None` is without bound.
    pub high: Option<f64>,
}

/// Why an observed value is uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UncertaintyKind {
    /// It was estimated from a sample: each end is exceeded with 5 % probability.
    Sampling,
    /// It lies in this histogram bucket, and where in it is not known.
    Bucket,
}

/// How the requests behind a client's number arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// All of one model.
    One(LoadModel),
    /// Phases of both models.
    Mixed,
}

impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::One(LoadModel::Open) => "open",
            Self::One(LoadModel::Closed) => "closed",
            Self::Mixed => "mixed",
        })
    }
}

/// What was measured for an objective, and how it was ruled.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The value.
    pub observed: Observed,
    /// Room left, where no threshold tells it.
    pub margin: Option<f64>,
    /// Samples behind it, where samples are what it rests on.
    pub samples: Option<u64>,
    /// How far it may be off, where that is known.
    pub uncertainty: Option<Uncertainty>,
    /// Labels of the worst element of a vector.
    pub element: Option<String>,
    /// How requests arrived, for the client's numbers.
    pub arrivals: Option<Arrivals>,
    /// The ruling over all thresholds.
    pub ruling: Ruling,
}

impl Finding {
    /// Nothing was measured, for this reason.
    pub fn nothing(doubt: Doubt) -> Self {
        Self::new(Observed::Nothing, doubt.into())
    }

    /// A value and its ruling, nothing else known yet.
    pub fn new(observed: Observed, ruling: Ruling) -> Self {
        Self {
            observed,
            margin: None,
            samples: None,
            uncertainty: None,
            element: None,
            arrivals: None,
            ruling,
        }
    }
}

/// One objective with everything that a report says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedObjective {
    /// The objective's id.
    pub id: String,
    /// One sentence for people.
    pub description: Option<String>,
    /// Where the number came from.
    pub source: Source,
    /// What was evaluated, as text.
    pub expression: String,
    /// The value, in the base unit.
    pub observed: Observed,
    /// What it measures.
    pub unit: Unit,
    /// What must hold: the thresholds as written, joined by ` and `; `present`, or
    /// `within 1%` of a reconciliation.
    pub target: String,
    /// How much room is left in the base unit, negative for a miss; of several
    /// thresholds the smallest. `None` where it is not a distance.
    pub margin: Option<f64>,
    /// Samples behind the number, where it rests on samples.
    pub samples: Option<u64>,
    /// How far the number may be off, where that is known.
    pub uncertainty: Option<Uncertainty>,
    /// Labels of the worst element of a vector.
    pub element: Option<String>,
    /// What is shown with it and judges nothing.
    pub beside: Vec<ShownBeside>,
    /// The phase it is about; all measured phases otherwise.
    pub during: Option<String>,
    /// How requests arrived, for the client's numbers.
    pub arrivals: Option<Arrivals>,
    /// The word.
    pub verdict: Verdict,
    /// Why; never empty.
    pub reason: String,
    /// The rules that took the pass away, each once; none of a pass.
    pub codes: Vec<Code>,
    /// Where the objective is written.
    pub place: Place,
}
