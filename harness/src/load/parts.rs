//! Where the time of exchanges went: one histogram for each part that an exchange passes
//! through.
//!
//! A latency says how long whoever asks had to wait; its parts say for what. Only a part that
//! came to its end is recorded, and each message counts by itself: one that follows a
//! redirect or repeats an attempt waits for a first byte of its own. Not among the parts are
//! the wait for a slot, the generator's lag, and sending a long body.

use std::time::Duration;

use crate::histogram::LatencyHistogram;

/// A part of an exchange that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Opening a TCP connection; only of requests that needed a new one.
    Connect,
    /// The handshake of TLS, on each new connection over it.
    Tls,
    /// From the request being written to the head of its answer.
    FirstByte,
    /// From the head of an answer to its last byte.
    Body,
}

impl Part {
    /// All of them, in the order in which an exchange passes through them.
    pub const ALL: [Self; 4] = [Self::Connect, Self::Tls, Self::FirstByte, Self::Body];
}

/// How long one part took, each time.
#[derive(Clone, Debug, Default)]
pub struct TimeInPart {
    /// All times added up.
    pub total: Duration,
    /// Each time.
    pub times: LatencyHistogram,
}

/// How long each part of exchanges took.
#[derive(Clone, Debug, Default)]
pub struct TimeInParts([TimeInPart; Part::ALL.len()]);

impl TimeInParts {
    /// The times of one part.
    pub fn of(&self, part: Part) -> &TimeInPart {
        &self.0[part as usize]
    }

    /// A part of an exchange has ended.
    pub fn record(&mut self, part: Part, time: Duration) {
        let of_part = &mut self.0[part as usize];
        of_part.total += time;
        of_part.times.record(time);
    }

    /// Adds those of other exchanges; nothing is rounded by it.
    pub fn merge(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            sum.total += more.total;
            sum.times.merge(&more.times);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_apart_part_by_part() {
        for (at, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, at);
        }
        let (mut one, mut other) = (TimeInParts::default(), TimeInParts::default());
        one.record(Part::Tls, Duration::from_millis(2));
        other.record(Part::Tls, Duration::from_millis(4));
        other.record(Part::Body, Duration::from_millis(1));
        one.merge(&other);
        let count = |part| one.of(part).times.count();
        assert_eq!(Part::ALL.map(count), [0, 2, 0, 1]);
        assert_eq!(one.of(Part::Tls).total, Duration::from_millis(6));
    }
}
