//! The look at a service: one request, a search for its metrics, and a few requests between
//! two scrapes.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::super::files::Reading;
use super::super::output::error;
use super::super::url_scenario::{self, UrlArguments};
use super::super::{Failure, codes, runtime};
use super::InitArguments;
use crate::gate::{self, Condition, ExitCode};
use crate::load::{FailureKind, RequestResult};
use crate::propose::{Suggestions, suggest};
use crate::scenario::{Origin, Scenario, TlsClient};
use crate::scrape::{Looked, find_metrics};
use crate::session::{ScenarioRun, Settings, Silence, run_scenario};
use crate::slo::Evidence;
use crate::units::{Unit, format_quantity};

/// What `--metrics` says where nobody wants them.
const NO_METRICS: &str = "none";
/// Longest wait for one answer, where nobody says otherwise.
const ANSWER_WITHIN: &str = "10s";
/// Requests of a look: few, enough for a first p95, and a number that nothing else in a
/// service grows by in that second.
const MOST_REQUESTS: u32 = 23;
/// The least that tell a counter of requests from one of scrapes.
const FEWEST_REQUESTS: u32 = 5;
/// A slow service is looked at for about so long, seconds.
const SLOW_LOOK_SECONDS: f64 = 10.0;
/// What answers quicker than this, seconds, is asked on a schedule: no request waits for the
/// one before it.
const QUICK_SECONDS: f64 = 0.025;
/// The schedule of a quick look: it holds [`MOST_REQUESTS`].
const QUICK_RATE: &str = "20/s";
const QUICK_DURATION: &str = "1150ms";
/// A page with metrics that takes longer than this is not asked for twice a second.
const QUICK_SCRAPE: Duration = Duration::from_millis(50);

/// What was found.
pub(super) struct Look {
    pub(super) metrics: Metrics,
    pub(super) suggestions: Suggestions,
}

/// What was found of metrics.
pub(super) enum Metrics {
    /// They are there.
    At {
        /// A path or a URL.
        given: String,
        /// Samples of one scrape.
        samples: usize,
        /// Time between two scrapes that does not trouble the service.
        every: &'static str,
    },
    /// What the usual paths have instead.
    NotFound(Vec<String>),
    NotWanted,
}

/// Where metrics may be.
enum Place {
    /// A path or a URL.
    Given(String),
    /// What the usual paths have instead.
    Nowhere(Vec<String>),
    NotWanted,
}

/// Looks at one service.
pub(super) struct Looker<'a> {
    arguments: &'a InitArguments,
    origin: &'a Origin,
    reading: Reading,
    runtime: Runtime,
    settings: Settings,
}

/// What came first.
struct FirstAnswer {
    took_seconds: f64,
    /// Where it came from.
    address: String,
    /// How TLS was spoken, if it was.
    tls: Option<TlsClient>,
}

/// A short load that was sent.
struct Sent {
    scenario: Scenario,
    run: ScenarioRun,
}

impl<'a> Looker<'a> {
    /// Nothing is sent yet.
    pub(super) fn new(arguments: &'a InitArguments, origin: &'a Origin) -> Result<Self, Failure> {
        let (runtime, signals) = runtime::start()?;
        let settings = Settings {
            program: std::env::current_exe().map_err(Failure::internal)?,
            start: None,
            max_in_flight: Some(MOST_REQUESTS as usize),
            seed: 1,
            verifier: None,
            observer: Arc::new(Silence),
            signals,
        };
        let reading = Reading::new(&arguments.variables, None)?;
        Ok(Self { arguments, origin, reading, runtime, settings })
    }

    /// Looks.
    pub(super) fn look(&self) -> Result<Look, Failure> {
        let first = self.first_answer()?;
        let place = self.place_of_metrics(&first)?;
        let given = match &place {
            Place::Given(given) => Some(given.clone()),
            Place::Nowhere(_) | Place::NotWanted => None,
        };
        let sent = self.send(&self.few_requests(first.took_seconds, given))?;
        let load = sent.run.load.as_ref().ok_or_else(|| nothing_sent(&sent.run))?;
        let evidence = Evidence::of(&sent.scenario, load, &sent.run.series);
        let metrics = match place {
            Place::NotWanted => Metrics::NotWanted,
            Place::Nowhere(looked) => Metrics::NotFound(looked),
            Place::Given(given) => match &evidence.windows.run {
                Ok(_) => found(given, &sent.run),
                // Found a moment ago, and gone or unreadable now.
                Err(missing) => Metrics::NotFound(vec![format!("{given}: {missing}")]),
            },
        };
        Ok(Look { suggestions: suggest(&evidence), metrics })
    }

    fn first_answer(&self) -> Result<FirstAnswer, Failure> {
        // Metrics that were named are looked at before anything is sent.
        let metrics = self.arguments.metrics.clone().filter(|given| given != NO_METRICS);
        let one = Some("1".to_owned());
        let flags = UrlArguments { users: one.clone(), iterations: one, metrics, ..self.flags() };
        let sent = self.send(&flags)?;
        let address = sent.run.target.address.clone().unwrap_or_default();
        let phases = sent.run.load.iter().flat_map(|load| &load.phases);
        let request = phases.flat_map(|phase| &phase.requests).next();
        let request = request.ok_or_else(|| nothing_sent(&sent.run))?;
        if let Some(kind) = request.failures.keys().next() {
            return Err(self.not_as_expected(kind));
        }
        let took = slowest(request);
        self.arguments.tell(&format!(
            "{} answered as expected in {}",
            self.shown_url(),
            format_quantity(took, Unit::Seconds)
        ));
        let tls = sent.scenario.tls.as_ref().and_then(|tls| tls.read().ok());
        Ok(FirstAnswer { took_seconds: took, address, tls })
    }

    fn place_of_metrics(&self, first: &FirstAnswer) -> Result<Place, Failure> {
        match self.arguments.metrics.as_deref() {
            Some(NO_METRICS) => return Ok(Place::NotWanted),
            Some(given) => return Ok(Place::Given(given.to_owned())),
            None => {}
        }
        let address = first.address.parse().map_err(Failure::internal)?;
        let find = find_metrics(self.origin.url(), address, first.tls.clone());
        let stop = self.settings.signals.token();
        match self.runtime.block_on(stop.run_until_cancelled(find)) {
            None => Err(self.interrupted()),
            Some(Ok(path)) => {
                self.arguments.tell(&format!("its metrics are at {path}"));
                Ok(Place::Given(path.to_owned()))
            }
            Some(Err(looked)) => {
                let looked = in_groups(&looked);
                self.arguments.tell(&format!(
                    "no metrics were found, so the scenario is about the client's side only; --metrics \
                     says where they are\n  {}",
                    looked.join("\n  ")
                ));
                Ok(Place::Nowhere(looked))
            }
        }
    }

    /// The flags of the look itself.
    fn few_requests(&self, took_seconds: f64, metrics: Option<String>) -> UrlArguments {
        let flags = UrlArguments { metrics, ..self.flags() };
        let between =
            if flags.metrics.is_some() { ", between two scrapes of its metrics" } else { "" };
        if took_seconds <= QUICK_SECONDS {
            self.arguments
                .tell(&format!("sending {MOST_REQUESTS} requests at {QUICK_RATE}{between}"));
            let (rate, duration) = (Some(QUICK_RATE.to_owned()), Some(QUICK_DURATION.to_owned()));
            return UrlArguments { rate, duration, ..flags };
        }
        let requests = requests_within(SLOW_LOOK_SECONDS, took_seconds);
        self.arguments.tell(&format!("sending {requests} requests, one after the other{between}"));
        let (users, iterations) = (Some("1".to_owned()), Some(requests.to_string()));
        UrlArguments { users, iterations, ..flags }
    }

    /// The flags of the request.
    fn flags(&self) -> UrlArguments {
        let mut request = self.arguments.request.clone();
        request.timeout.get_or_insert_with(|| ANSWER_WITHIN.to_owned());
        UrlArguments { request, tls: self.arguments.tls.clone(), ..UrlArguments::default() }
    }

    /// Sends what flags say, as `run URL` would.
    fn send(&self, flags: &UrlArguments) -> Result<Sent, Failure> {
        let written = url_scenario::write(&self.arguments.url, flags)?;
        let scenario = written.read(&self.reading.variables, &self.reading.options)?;
        let run = self.runtime.block_on(run_scenario(&scenario, &self.settings));
        // That nothing is judged is meant.
        let trouble = run.conditions.iter().find(|one| !matches!(one, Condition::LoadOnly));
        match trouble {
            Some(condition) => Err(trouble_of(condition)),
            None => Ok(Sent { scenario, run }),
        }
    }

    fn not_as_expected(&self, kind: &FailureKind) -> Failure {
        let hint = match kind {
            FailureKind::Status(status @ 300..=399) => format!(
                "answered {status}; redirects are not followed, so give the URL that it leads to"
            ),
            FailureKind::Status(status @ (401 | 403)) => {
                format!("answered {status}; give what lets you in: --header 'Authorization: …'")
            }
            FailureKind::Status(404) => "answered 404; is the path right?".to_owned(),
            FailureKind::Status(405) => {
                "answered 405; give the method that it takes: --method POST --body '…'".to_owned()
            }
            FailureKind::Status(status) => {
                format!("answered {status}; if that is a good answer, say --expect-status {status}")
            }
            other => format!("gave no good answer ({other})"),
        };
        let text = format!("{} {hint}; nothing was written", self.shown_url());
        Failure {
            exit_code: ExitCode::NotReachable,
            message: error(codes::UNEXPECTED_ANSWER, text),
        }
    }

    fn interrupted(&self) -> Failure {
        let signal = self.settings.signals.received();
        let exit_code = signal.map_or(ExitCode::Internal, gate::Signal::exit_code);
        let message = error(gate::codes::INTERRUPTED, "stopped; nothing was written");
        Failure { exit_code, message }
    }

    /// The URL without its query, which may hold a secret.
    fn shown_url(&self) -> &str {
        self.arguments.url.split('?').next().unwrap_or_default()
    }
}

/// What stands in the way of a look.
fn trouble_of(condition: &Condition) -> Failure {
    let exit_code = match condition.exit_code() {
        code @ (ExitCode::Internal
        | ExitCode::Interrupted
        | ExitCode::Terminated
        | ExitCode::HungUp) => code,
        _ => ExitCode::NotReachable,
    };
    let reason = match condition {
        // That this is before a load goes without saying here.
        Condition::NotReachable { reason, .. } => reason.clone(),
        other => other.reason(),
    };
    let message = error(condition.code(), format!("{reason}; nothing was written"));
    Failure { exit_code, message }
}

fn nothing_sent(run: &ScenarioRun) -> Failure {
    let notes = run.notes.join("; ");
    let message = error(gate::codes::NOT_REACHABLE, format!("nothing could be sent; {notes}"));
    Failure { exit_code: ExitCode::NotReachable, message }
}

fn found(given: String, run: &ScenarioRun) -> Metrics {
    let last = run.series.scrapes().last();
    let samples = last.and_then(|scrape| scrape.outcome.as_ref().ok().copied()).unwrap_or(0);
    let is_quick = last.is_some_and(|scrape| scrape.took <= QUICK_SCRAPE);
    Metrics::At { given, samples, every: if is_quick { "500ms" } else { "2s" } }
}

/// The slowest good answer, seconds.
fn slowest(request: &RequestResult) -> f64 {
    match request.latency_ok.max(0) {
        crate::histogram::Ranked::Seconds(seconds) => seconds,
        _ => 0.0,
    }
}

/// How many requests of this length fit, one after the other.
fn requests_within(seconds: f64, each: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive quotient, cut to what fits"
    )]
    let fit = (seconds / each) as u32;
    fit.clamp(FEWEST_REQUESTS, MOST_REQUESTS)
}

/// One sentence for each reason, with the paths that share it.
fn in_groups(looked: &[Looked]) -> Vec<String> {
    let mut groups: Vec<(Vec<&str>, &str)> = Vec::new();
    for Looked { path, reason } in looked {
        match groups.iter_mut().find(|(_, known)| known == reason) {
            Some((paths, _)) => paths.push(path),
            None => groups.push((vec![path], reason)),
        }
    }
    groups.into_iter().map(|(paths, reason)| format!("{}: {reason}", paths.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_service_gets_few_requests() {
        let within = |each| requests_within(SLOW_LOOK_SECONDS, each);
        assert_eq!([within(0.03), within(1.0), within(9.0)], [MOST_REQUESTS, 10, FEWEST_REQUESTS]);
    }

    #[test]
    fn paths_with_one_answer_are_told_together() {
        let looked = |path, reason: &str| Looked { path, reason: reason.to_owned() };
        let all =
            [looked("/a", "answered 404"), looked("/b", "empty"), looked("/c", "answered 404")];
        assert_eq!(in_groups(&all), ["/a, /c: answered 404", "/b: empty"]);
    }
}
