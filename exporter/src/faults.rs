//! Things that go wrong on purpose, so that objectives and alerts can be proven
//! to go red.
//!
//! A rule is `KIND[:ARGUMENT…][,FILTER=VALUE…]`:
//!
//! - `error:RATIO[:STATUS]`: that share of exports, evenly spread, is thrown away
//!   at its end and answered with STATUS (500 to 599, default 500);
//! - `latency:DURATION`: each export takes that much longer, in its place.
//!
//! Filters are `format=csv|pdf`, `size=small|medium|large`, and on the service's
//! own clock `from=DURATION` (default 0) and `for=DURATION` (default for ever).
//! Deterministic: no randomness, so that a run can be repeated.

use std::{
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use thiserror::Error;

use crate::{
    format::Format,
    metrics::Size,
    quantity::{QuantityError, parse_duration},
};

/// Names of the kinds, for error messages.
const KINDS: &str = "error:RATIO[:STATUS], latency:DURATION";

/// Why a text is not a fault rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultError {
    /// A kind that does not exist.
    #[error("unknown fault `{0}`; known are {KINDS}")]
    UnknownKind(String),
    /// An argument that is missing, superfluous or wrong.
    #[error("`{rule}` is not a fault: {problem}; known are {KINDS}")]
    WrongArgument {
        /// The rule as written.
        rule: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A filter that does not exist or has no such value.
    #[error(
        "unknown filter `{0}` in a fault; known are format=csv|pdf, size=small|medium|large, from=DURATION, for=DURATION"
    )]
    UnknownFilter(String),
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    text: String,
    kind: Kind,
    filter: Filter,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Error { ratio: f64, status: u16 },
    Latency(Duration),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Filter {
    format: Option<Format>,
    size: Option<Size>,
    from: Duration,
    duration: Option<Duration>,
}

/// The rules of a service, with what they have done so far.
#[derive(Clone, Debug)]
pub struct Faults {
    rules: Arc<[Rule]>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    /// Exports that the rule was asked about.
    matched: Mutex<u64>,
}

/// What an export must suffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Time to add.
    pub(crate) latency: Duration,
    /// Status to fail with.
    pub(crate) error: Option<u16>,
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(',');
        let kind = Kind::parse(text, parts.next().unwrap_or_default())?;
        let mut filter = Filter::default();
        for part in parts {
            filter.add(part)?;
        }
        Ok(Self { text: text.to_owned(), kind, filter })
    }
}

impl Kind {
    fn parse(rule: &str, text: &str) -> Result<Self, FaultError> {
        let wrong = |problem: String| FaultError::WrongArgument { rule: rule.to_owned(), problem };
        let arguments: Vec<&str> = text.split(':').collect();
        match arguments.as_slice() {
            ["error", ratio] => Self::error(ratio, "500").map_err(wrong),
            ["error", ratio, status] => Self::error(ratio, status).map_err(wrong),
            ["latency", duration] => {
                let added = parse_duration(duration);
                added.map(Self::Latency).map_err(|error: QuantityError| wrong(error.to_string()))
            }
            ["error" | "latency", ..] => Err(wrong("wrong number of arguments".to_owned())),
            [kind, ..] => Err(FaultError::UnknownKind((*kind).to_owned())),
            [] => Err(FaultError::UnknownKind(text.to_owned())),
        }
    }

    fn error(ratio: &str, status: &str) -> Result<Self, String> {
        let share: f64 = ratio.parse().map_err(|_| format!("`{ratio}` is not a ratio"))?;
        if !(share > 0.0 && share <= 1.0) {
            return Err(format!("the ratio {ratio} is not above 0 and at most 1"));
        }
        match status.parse() {
            Ok(status @ 500..=599) => Ok(Self::Error { ratio: share, status }),
            _ => Err(format!("the status `{status}` is not one of 500 to 599")),
        }
    }
}

impl Filter {
    fn add(&mut self, text: &str) -> Result<(), FaultError> {
        let unknown = || FaultError::UnknownFilter(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(unknown)?;
        match name {
            "format" => self.format = Some(Format::from_label(value).ok_or_else(unknown)?),
            "size" => {
                let sizes = [Size::Small, Size::Medium, Size::Large];
                let size = sizes.into_iter().find(|size| size.label() == value);
                self.size = Some(size.ok_or_else(unknown)?);
            }
            "from" => self.from = parse_duration(value).map_err(|_| unknown())?,
            "for" => self.duration = Some(parse_duration(value).map_err(|_| unknown())?),
            _ => return Err(unknown()),
        }
        Ok(())
    }

    fn matches(&self, export: (Format, Size), clock: Duration) -> bool {
        let (format, size) = export;
        self.format.is_none_or(|wanted| wanted == format)
            && self.size.is_none_or(|wanted| wanted == size)
            && clock >= self.from
            && self.duration.is_none_or(|duration| clock < self.from + duration)
    }
}

impl Rule {
    /// Spreads a ratio evenly: with 0.1, each tenth export and no other.
    fn is_hit(&self, ratio: f64) -> bool {
        let mut matched = self.matched.lock().unwrap_or_else(PoisonError::into_inner);
        let before = (*matched as f64 * ratio + ROUNDING).floor();
        *matched += 1;
        (*matched as f64 * ratio + ROUNDING).floor() > before
    }
}

/// Ten times 0.1 must be one.
const ROUNDING: f64 = 1e-9;

impl Faults {
    /// A service that does its best.
    pub fn none() -> Self {
        Self::new(Vec::new())
    }

    /// A service with these rules.
    pub fn new(faults: Vec<Fault>) -> Self {
        let rules = faults.into_iter().map(|fault| Rule { fault, matched: Mutex::new(0) });
        Self { rules: rules.collect() }
    }

    /// The rules as they were written.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.fault.text.as_str())
    }

    /// What an export of this format and size must suffer, so long after the start
    /// of the service.
    pub(crate) fn judge(&self, export: (Format, Size), clock: Duration) -> Verdict {
        let mut verdict = Verdict::default();
        for rule in self.rules.iter().filter(|rule| rule.fault.filter.matches(export, clock)) {
            match rule.fault.kind {
                Kind::Latency(added) => verdict.latency += added,
                Kind::Error { ratio, status } if rule.is_hit(ratio) => verdict.error = Some(status),
                Kind::Error { .. } => {}
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL_CSV: (Format, Size) = (Format::Csv, Size::Small);

    fn faults(rules: &[&str]) -> Faults {
        Faults::new(rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    fn errors(faults: &Faults, exports: usize) -> usize {
        let verdicts = (0..exports).map(|_| faults.judge(SMALL_CSV, Duration::ZERO));
        verdicts.filter(|verdict| verdict.error.is_some()).count()
    }

    #[test]
    fn a_tenth_of_exports_is_exactly_a_tenth() {
        assert_eq!(errors(&faults(&["error:0.1"]), 10), 1);
        assert_eq!(errors(&faults(&["error:0.1"]), 1_000), 100);
        assert_eq!(errors(&faults(&["error:1"]), 7), 7);
        assert_eq!(errors(&faults(&["error:0.3"]), 10), 3);
    }

    #[test]
    fn latencies_add_up_and_errors_have_a_status() {
        let faults = faults(&["latency:250ms", "latency:1s", "error:1:503"]);
        let verdict = faults.judge(SMALL_CSV, Duration::ZERO);
        assert_eq!(verdict, Verdict { latency: Duration::from_millis(1_250), error: Some(503) });
    }

    #[test]
    fn filters_choose_format_size_and_time() {
        let faults = faults(&["error:1,format=csv,size=large,from=5s,for=10s"]);
        let hit =
            |export, seconds| faults.judge(export, Duration::from_secs(seconds)).error.is_some();
        let large_csv = (Format::Csv, Size::Large);
        assert!(hit(large_csv, 5) && hit(large_csv, 14));
        assert!(!hit(large_csv, 4) && !hit(large_csv, 15));
        assert!(!hit((Format::Pdf, Size::Large), 6) && !hit(SMALL_CSV, 6));
    }

    #[test]
    fn says_what_is_wrong_and_names_the_known_kinds() {
        for wrong in
            ["", "flood", "error", "error:2", "error:0.5:200", "error:0.5:500:1", "latency:5"]
        {
            let error = wrong.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains("latency:DURATION"), "{error}");
        }
        for wrong in ["error:1,color=red", "error:1,size=huge", "error:1,from=5"] {
            let error = wrong.parse::<Fault>().unwrap_err();
            assert!(matches!(error, FaultError::UnknownFilter(_)), "{error}");
        }
    }
}
