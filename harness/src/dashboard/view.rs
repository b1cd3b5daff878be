//! The time that is on the screen: the step between two points, the window of a rate, and the
//! global variables that say them.
//!
//! The rules are those of Grafana's Prometheus data source (`pkg/promlib/models/query.go` and
//! `pkg/promlib/intervalv2/intervalv2.go` in grafana/grafana).

use std::time::Duration;

use slogate_promql::parse_duration_ms;

/// A query has no more steps than this; Prometheus refuses more than 11,000.
const SAFE_RESOLUTION: i64 = 11_000;

/// Points of a panel that does not say how many it has room for: pixels of a half screen.
pub const USUAL_POINTS: i64 = 800;

/// What is on the screen, and how often its series are scraped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The time that is shown, milliseconds since the epoch.
    pub from_ms: i64,
    /// Its end.
    pub to_ms: i64,
    /// The most points of a graph, at least 1.
    pub points: i64,
    /// `timeInterval` of the data source.
    pub scrape_interval: Duration,
    /// The least step, where a panel or query asks for one.
    pub least_step: Option<Duration>,
}

impl View {
    fn range_ms(self) -> i64 {
        (self.to_ms - self.from_ms).max(0)
    }

    /// Between two points of a graph, milliseconds.
    pub fn step_ms(self) -> i64 {
        let least_ms = self.least_step.map_or(self.scrape_ms(), milliseconds);
        let calculated = rounded(self.range_ms() / self.points.max(1));
        let safe = rounded(self.range_ms() / SAFE_RESOLUTION);
        least_ms.max(calculated).max(safe).max(1)
    }

    /// `$__rate_interval`, milliseconds.
    pub fn rate_interval_ms(self) -> i64 {
        let scrape_ms = self.scrape_ms();
        (self.step_ms() + scrape_ms).max(4 * scrape_ms)
    }

    /// The first and the last point: multiples of the step since the epoch.
    pub fn aligned(self) -> (i64, i64) {
        let step_ms = self.step_ms();
        (self.from_ms / step_ms * step_ms, self.to_ms / step_ms * step_ms)
    }

    fn scrape_ms(self) -> i64 {
        milliseconds(self.scrape_interval).max(1)
    }

    /// What stands for a global variable such as `__rate_interval`; `None` for one that says
    /// something else than time.
    pub fn global(self, name: &str) -> Option<String> {
        Some(match name {
            "__rate_interval" => duration(self.rate_interval_ms()),
            "__rate_interval_ms" => self.rate_interval_ms().to_string(),
            "__interval" => duration(self.step_ms()),
            "__interval_ms" => self.step_ms().to_string(),
            "__range" => format!("{}s", self.range_seconds()),
            "__range_s" => self.range_seconds().to_string(),
            "__range_ms" => self.range_ms().to_string(),
            "__from" => self.from_ms.to_string(),
            "__to" => self.to_ms.to_string(),
            _ => return None,
        })
    }

    /// Rounded, as Grafana does, and never 0.
    fn range_seconds(self) -> i64 {
        ((self.range_ms() + 500) / 1000).max(1)
    }
}

/// A least step as somebody wrote it: `15s`, also `>15s`; nothing where it is a variable or
/// no duration.
pub(super) fn least_step(text: &str) -> Option<Duration> {
    let text = text.trim().trim_start_matches('>').trim();
    let ms = parse_duration_ms(text).ok().filter(|ms| *ms > 0)?;
    u64::try_from(ms).ok().map(Duration::from_millis)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// As PromQL reads it: in seconds where it is whole ones.
fn duration(ms: i64) -> String {
    if ms % 1000 == 0 { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}

/// Upper bounds of intervals, and what they are rounded to; milliseconds. Longer ones, of
/// ranges of weeks, are left as they are.
const ROUNDED: &[(i64, i64)] = &[
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
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
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
];

fn rounded(interval_ms: i64) -> i64 {
    ROUNDED.iter().find(|(below, _)| interval_ms <= *below).map_or(interval_ms, |(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: View = View {
        from_ms: 1_000_000_000_001,
        to_ms: 1_000_003_600_001,
        points: USUAL_POINTS,
        scrape_interval: Duration::from_secs(15),
        least_step: None,
    };

    #[test]
    fn an_hour_on_eight_hundred_pixels_with_scrapes_every_15_s() {
        assert_eq!((HOUR.step_ms(), HOUR.rate_interval_ms()), (15_000, 60_000));
        assert_eq!(HOUR.aligned(), (999_999_990_000, 1_000_003_590_000));
        let said = ["__rate_interval", "__interval", "__interval_ms", "__range_s", "__range_ms"];
        let said = said.map(|name| HOUR.global(name).unwrap());
        assert_eq!(said, ["60s", "15s", "15000", "3600", "3600000"]);
        assert_eq!(HOUR.global("__user"), None);
    }

    #[test]
    fn a_short_run_that_is_scraped_often_has_steps_of_its_scrapes() {
        let scrape_interval = Duration::from_millis(250);
        let run = View { to_ms: HOUR.from_ms + 20_000, scrape_interval, ..HOUR };
        assert_eq!((run.step_ms(), run.rate_interval_ms()), (250, 1_000));
        assert_eq!(run.global("__interval").unwrap(), "250ms");
        let wide = View { least_step: least_step(">10s"), ..run };
        assert_eq!((wide.step_ms(), wide.rate_interval_ms()), (10_000, 10_250));
        assert_eq!(least_step("$__interval"), None);
    }
}
