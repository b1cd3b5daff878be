//! Progress for people: one live line on a terminal, one line every ten seconds
//! without one, nothing with `--quiet`.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::say;
use crate::archive::is_pipeline;
use crate::load::Progress;
use crate::session::{Event, Observer, Silence};
use crate::units::{Unit, format_quantity};

/// Time between two lines where there is no terminal: often enough that a
/// pipeline's log shows life, rarely enough that it stays readable.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The observer that fits where standard error goes.
pub(super) fn observer(quiet: bool) -> Arc<dyn Observer> {
    if quiet {
        Arc::new(Silence)
    } else if std::io::stderr().is_terminal() && !is_pipeline() {
        Arc::new(LiveLine::new())
    } else {
        Arc::new(Lines { state: Mutex::default() })
    }
}

/// One line that is drawn over and over.
struct LiveLine {
    bar: ProgressBar,
    expected: Mutex<Option<Duration>>,
}

impl LiveLine {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self { bar, expected: Mutex::default() }
    }

    fn expected(&self) -> std::sync::MutexGuard<'_, Option<Duration>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for LiveLine {
    fn hear(&self, event: Event) {
        match event {
            Event::ScenarioStarted { name, target, expected } => {
                *self.expected() = expected;
                self.bar.set_message(format!("{name}: starting, target {target}"));
                self.bar.tick();
            }
            Event::Progress { scenario, elapsed, load } => {
                let left = left(*self.expected(), elapsed);
                self.bar.set_message(line(&scenario, &load, left));
                self.bar.tick();
            }
            Event::ScenarioEnded { .. } => self.bar.finish_and_clear(),
        }
    }
}

/// A plain line now and then.
struct Lines {
    state: Mutex<LinesState>,
}

#[derive(Default)]
struct LinesState {
    last: Option<Instant>,
    expected: Option<Duration>,
}

impl Observer for Lines {
    fn hear(&self, event: Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::ScenarioStarted { name, target, expected } => {
                *state = LinesState { last: Some(Instant::now()), expected };
                say(&format!("{name}: target {target}"));
            }
            Event::Progress { scenario, elapsed, load } => {
                if state.last.is_none_or(|last| last.elapsed() >= LINE_INTERVAL) {
                    state.last = Some(Instant::now());
                    say(&line(&scenario, &load, left(state.expected, elapsed)));
                }
            }
            Event::ScenarioEnded { .. } => {}
        }
    }
}

fn left(expected: Option<Duration>, elapsed: Duration) -> Option<Duration> {
    expected.and_then(|expected| expected.checked_sub(elapsed))
}

/// `10k steady 12s: 60 sent, 4.9/s, p95 85 ms, 0 failed, about 18s left`.
fn line(scenario: &str, load: &Progress, left: Option<Duration>) -> String {
    let p95 = load
        .p95_seconds
        .filter(|seconds| seconds.is_finite())
        .map_or_else(String::new, |seconds| {
            format!(", p95 {}", format_quantity(seconds, Unit::Seconds))
        });
    let left = left.map_or_else(String::new, |left| format!(", about {}s left", left.as_secs()));
    format!(
        "{scenario} {} {}s: {} sent, {}{p95}, {} failed{left}",
        load.phase,
        load.elapsed.as_secs(),
        load.sent,
        format_quantity(load.rate, Unit::PerSecond),
        load.failed,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_where_the_load_stands() {
        let load = Progress {
            phase: "steady".into(),
            elapsed: Duration::from_secs(12),
            sent: 60,
            responses: 60,
            failed: 0,
            p95_seconds: Some(0.085),
            in_flight: 0,
            rate: 4.9,
        };
        assert_eq!(
            line("10k", &load, Some(Duration::from_secs(18))),
            "10k steady 12s: 60 sent, 4.9/s, p95 85 ms, 0 failed, about 18s left"
        );
    }
}
