//! Judges how much counters grew: last minus first, per series, summed.

use slogate_promql::{Expression, Sample, SeriesRef, SeriesSource, is_stale};

use super::algebra::counter_growth::{self, Counted};
use super::algebra::{no_such_series, threshold};
use super::judged::{Finding, Observed};
use super::presence::missing_series;
use super::{Evidence, Window, over_thresholds, to_base};
use crate::scenario::Objective;
use crate::series::{FamilyKind, SeriesStore};
use crate::units::Unit;
