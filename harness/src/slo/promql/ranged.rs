//! What the selectors of an expression found in their ranges.

use slogate_promql::{Asks, Labels, SelectorInfo};

use crate::series::SeriesStore;
use crate::slo::Window;
use crate::slo::algebra::born_series::Born;
use crate::slo::scraped::{ScrapeEnds, Stretch};

/// A selector with a range, and the stretch of time it covers.
pub(super) struct Ranged {
    pub(super) info: SelectorInfo,
    pub(super) range_ms: i64,
    pub(super) stretch: Stretch,
}

impl Ranged {
    /// The ranged selectors, as seen from the end of a window.
    pub(super) fn all(selectors: &[SelectorInfo], window: Window) -> Vec<Self> {
        selectors.iter().filter_map(|info| Self::of(info, window)).collect()
    }

    fn of(info: &SelectorInfo, window: Window) -> Option<Self> {
        let range_ms = info.range_ms?;
        let until_ms = window.closed_ms.saturating_sub(info.offset_ms);
        let after_ms = until_ms.saturating_sub(range_ms);
        Some(Self { info: info.clone(), range_ms, stretch: Stretch { after_ms, until_ms } })
    }

    /// The first and the last scrapes within the range.
    pub(super) fn ends(&self, series: &SeriesStore) -> ScrapeEnds {
        let Stretch { after_ms, until_ms } = self.stretch;
        let opened_ms = after_ms.saturating_add(1);
        ScrapeEnds::find(series, Window { opened_ms, closed_ms: until_ms })
    }

    /// The series that were born within the range, each with its first value, if their
    /// growth is asked for: it is then not seen.
    pub(super) fn born(&self, series: &SeriesStore) -> Vec<(Labels, f64)> {
        match self.info.asks {
            Asks::Growth => self.ends(series).born(series, &self.info.selector),
            Asks::Value | Asks::Movement | Asks::Presence | Asks::Absence => Vec::new(),
        }
    }
}

/// The series that were born within a range whose growth is asked for. What stands on
/// both sides of a division or subtraction counts as raising it.
pub(super) fn born(ranges: &[Ranged], series: &SeriesStore) -> Born {
    let of_side = |inverted: bool| -> Vec<(String, f64)> {
        let side = ranges.iter().filter(|one| one.info.inverted == inverted);
        let born = side.flat_map(|one| one.born(series));
        born.map(|(labels, value)| (labels.to_string(), value)).collect()
    };
    let raising = of_side(false);
    let mut lowering = of_side(true);
    lowering.retain(|(name, _)| raising.iter().all(|(raised, _)| raised != name));
    Born { raising, lowering }
}
