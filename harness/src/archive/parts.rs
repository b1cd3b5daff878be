//! How long each part of exchanges took, as a record has it.

use super::build::measured;
use super::record::{PartTimes, PartsRecord};
use crate::load::{Part, TimeInPart, TimeInParts};

/// The record of what the generator measured.
pub(super) fn parts_record(parts: &TimeInParts) -> PartsRecord {
    let of = |part| part_times(parts.of(part));
    PartsRecord {
        connect_seconds: of(Part::Connect),
        tls_seconds: of(Part::Tls),
        first_byte_seconds: of(Part::FirstByte),
        body_seconds: of(Part::Body),
    }
}

fn part_times(part: &TimeInPart) -> PartTimes {
    let times = &part.times;
    PartTimes {
        count: times.count(),
        total: part.total.as_secs_f64(),
        p50: measured(times.rank(0.5, 0)),
        p99: measured(times.rank(0.99, 0)),
        max: measured(times.max(0)),
    }
}
