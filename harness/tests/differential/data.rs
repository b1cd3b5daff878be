//! Random series of every kind that matters to PromQL: counters with resets, gauges below
//! zero and beyond numbers, gaps longer than the lookback, ends, classic and native
//! histograms, and label sets of which one side of an operator has more than the other.

use std::collections::BTreeMap;

use slogate_promql::{
    Datum, Histogram, Labels, Layout, METRIC_NAME, MemorySeries, Sample, stale_marker,
};

use super::dialect::Dialect;
use super::random::Random;

/// The first sample's time: a full hour, milliseconds since the epoch.
pub(crate) const START_MS: i64 = 1_700_006_400_000;
/// Samples of a series that has no gap: an hour of them.
const SAMPLES: i64 = 240;
/// Time between two samples.
const EVERY_MS: i64 = 15_000;
/// The last sample's time, but for its jitter.
pub(crate) const END_MS: i64 = START_MS + SAMPLES * EVERY_MS;
/// Samples that are not on full seconds lie in their first half, so that no edge of a
/// window meets one; instants that are asked lie in the second.
const MOST_JITTER_MS: u32 = 499;

/// What one seed gives.
pub(crate) struct Data {
    pub(crate) store: MemorySeries,
    /// Whether samples lie on the edges of windows.
    pub(crate) is_aligned: bool,
}

impl Data {
    pub(crate) fn make(seed: u64, dialect: Dialect) -> Self {
        let mut random = Random::new(seed);
        let is_aligned = dialect.is_third() && seed.is_multiple_of(2);
        let mut maker = Maker { store: MemorySeries::default(), dialect, is_aligned };
        for job in ["api", "web"] {
            for instance in ["a", "b", "c"] {
                maker.of_instance(job, instance, &mut random.fork());
            }
            maker.classic_histograms(job, &mut random.fork());
        }
        maker.odd_ones(&mut random.fork());
        Self { store: maker.store, is_aligned }
    }
}

struct Maker {
    store: MemorySeries,
    dialect: Dialect,
    is_aligned: bool,
}

impl Maker {
    fn of_instance(&mut self, job: &str, instance: &str, random: &mut Random) {
        let labels = |name: &str, more: &[(&str, &str)]| {
            let own = [(METRIC_NAME, name), ("job", job), ("instance", instance)];
            Labels::new(own.into_iter().chain(more.iter().copied()))
        };
        for code in ["200", "404", "500"] {
            for method in ["get", "post"] {
                let counter = self.counter(random);
                self.add(
                    &labels("requests_total", &[("code", code), ("method", method)]),
                    counter,
                    random,
                );
            }
        }
        let counter = self.counter(random);
        self.add(&labels("errors_total", &[]), counter, random);
        let zone = *random.pick(&["north", "south"]);
        let gauge = self.gauge(random);
        self.add(&labels("temperature", &[("zone", zone)]), gauge, random);
        self.add(&labels("queue_depth", &[]), Box::new(|r| f64::from(r.below(6))), random);
        self.add(&labels("up", &[]), Box::new(|r| f64::from(u8::from(r.chance(85)))), random);
        let version = *random.pick(&["1.0", "1.1"]);
        self.add(&labels("build_info", &[("version", version)]), Box::new(|_| 1.0), random);
        if self.dialect.is_third() {
            self.native(&labels("duration_seconds", &[]), random);
            if random.chance(50) {
                self.listed_bounds(&labels("size_bytes", &[]), random);
            }
        }
    }

    /// A counter; for the second generation far from zero at all times.
    fn counter(&self, random: &mut Random) -> Box<dyn FnMut(&mut Random) -> f64> {
        let far = !self.dialect.is_third();
        let mut value = if far { 1e7 } else { f64::from(random.below(40)) };
        let fraction = random.chance(50);
        Box::new(move |random| {
            if random.chance(2) {
                value = if far { value * 0.9 } else { f64::from(random.below(5)) };
            }
            if random.chance(70) {
                value += f64::from(random.below(30));
                value += if fraction { random.unit() } else { 0.0 };
            }
            value
        })
    }

    /// A gauge that may be below zero, and in the third generation may be no number.
    fn gauge(&self, random: &mut Random) -> Box<dyn FnMut(&mut Random) -> f64> {
        let may_be_none = self.dialect.is_third() && random.chance(50);
        let mut value = random.unit() * 40.0 - 20.0;
        Box::new(move |random| {
            value += random.unit() * 8.0 - 4.0;
            if may_be_none && random.chance(4) {
                *random.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY])
            } else {
                value
            }
        })
    }

    fn classic_histograms(&mut self, job: &str, random: &mut Random) {
        for path in ["/a", "/b"] {
            let bounds = ["0.1", "0.5", "1.0", "2.5", "10.0", "+Inf"];
            let mut counts = [0.0; 6];
            let mut columns = vec![Vec::new(); bounds.len()];
            for _ in 0..SAMPLES {
                if random.chance(1) {
                    counts = [0.0; 6];
                }
                for _ in 0..random.below(12) {
                    counts[random.below(6) as usize] += 1.0;
                }
                let mut total = 0.0;
                for (column, count) in columns.iter_mut().zip(counts) {
                    total += count;
                    column.push(total);
                }
            }
            let far = if self.dialect.is_third() { 0.0 } else { 1e7 };
            let labels =
                |name: &str| Labels::new([(METRIC_NAME, name), ("job", job), ("path", path)]);
            let total = columns[5].clone();
            for (bound, column) in bounds.iter().zip(columns) {
                let labels = labels("latency_bucket").with("le", bound);
                self.add(&labels, listed(column, far), &mut Random::new(1));
            }
            self.add(&labels("latency_count"), listed(total.clone(), far), &mut Random::new(1));
            let sums = total.iter().map(|count| count * 0.7).collect();
            self.add(&labels("latency_sum"), listed(sums, far), &mut Random::new(1));
        }
    }

    /// A series that ends, one with a single sample, one that is constant, one that is both
    /// numbers and histograms, and one whose bound is none.
    fn odd_ones(&mut self, random: &mut Random) {
        let named = |name: &str, kind: &str| Labels::new([(METRIC_NAME, name), ("kind", kind)]);
        self.add(&named("odd", "constant"), Box::new(|_| 2.5), &mut Random::new(1));
        let once = Sample { t_ms: START_MS + 600_000 + i64::from(!self.is_aligned), value: 4.0 };
        self.store.append(&named("odd", "once"), once);
        for kind in ["ends", "ends-often"] {
            let mut ends = random.fork();
            let percent = if kind == "ends" { 2 } else { 15 };
            let value = move |random: &mut Random| {
                if ends.chance(percent) { stale_marker() } else { random.unit() * 10.0 }
            };
            self.add(&named("odd", kind), Box::new(value), random);
        }
        if self.dialect.is_third() {
            let mixed = named("odd", "mixed");
            for at in 0..SAMPLES / 2 {
                self.store.append(&mixed, Sample { t_ms: self.time(at, random), value: at as f64 });
            }
            let growth = Growth::new(random);
            self.histograms(&mixed, SAMPLES / 2, growth, random);
        }
    }

    /// Adds samples at their times, but for gaps of several kinds.
    fn add(
        &mut self,
        labels: &Labels,
        mut value: Box<dyn FnMut(&mut Random) -> f64>,
        random: &mut Random,
    ) {
        let gaps = Gaps::choose(random);
        for at in 0..SAMPLES {
            let sample = Sample { t_ms: self.time(at, random), value: value(random) };
            match gaps.of(at, random) {
                Gap::None => {
                    self.store.append(labels, sample);
                }
                Gap::End => {
                    self.store.append(labels, Sample { value: stale_marker(), ..sample });
                }
                Gap::Missing => {}
            }
        }
    }

    fn native(&mut self, labels: &Labels, random: &mut Random) {
        let growth = Growth::new(random);
        self.histograms(labels, 0, growth, random);
    }

    fn histograms(&mut self, labels: &Labels, from: i64, growth: Growth, random: &mut Random) {
        let mut growth = growth;
        let gaps = Gaps::choose(random);
        for at in from..SAMPLES {
            growth.grow(random);
            let t_ms = self.time(at, random);
            match gaps.of(at, random) {
                Gap::None => {
                    let histogram = Datum::from(growth.histogram());
                    self.store.append_datum(labels, t_ms, &histogram);
                }
                Gap::End => {
                    self.store.append(labels, Sample { t_ms, value: stale_marker() });
                }
                Gap::Missing => {}
            }
        }
    }

    fn listed_bounds(&mut self, labels: &Labels, random: &mut Random) {
        let layout = Layout::Custom { bounds: [1.0, 5.0, 25.0, 125.0].as_slice().into() };
        let growth = Growth { layout, ..Growth::new(random) };
        self.histograms(labels, 0, growth, random);
    }

    fn time(&self, at: i64, random: &mut Random) -> i64 {
        let jitter = if self.is_aligned { 0 } else { 1 + random.below(MOST_JITTER_MS) };
        START_MS + at * EVERY_MS + i64::from(jitter)
    }
}

/// Values that are there already, moved away from zero.
fn listed(values: Vec<f64>, far: f64) -> Box<dyn FnMut(&mut Random) -> f64> {
    let mut values = values.into_iter();
    Box::new(move |_| far + values.next().unwrap_or_default())
}

/// What is not there of a series.
struct Gaps {
    lost_percent: u32,
    /// Nothing is there in between.
    away: std::ops::Range<i64>,
    /// Whether the first missing sample is a marker of the end.
    is_marked: bool,
}

enum Gap {
    None,
    End,
    Missing,
}

impl Gaps {
    fn choose(random: &mut Random) -> Self {
        let from = i64::from(random.below(200));
        let length = if random.chance(40) { i64::from(random.below(45)) } else { 0 };
        let lost_percent = if random.chance(30) { 10 } else { 0 };
        Self { lost_percent, away: from..from + length, is_marked: random.chance(50) }
    }

    fn of(&self, at: i64, random: &mut Random) -> Gap {
        if self.is_marked && at == self.away.start && !self.away.is_empty() {
            Gap::End
        } else if self.away.contains(&at) || random.chance(self.lost_percent) {
            Gap::Missing
        } else {
            Gap::None
        }
    }
}

/// A native histogram that is observed into.
struct Growth {
    layout: Layout,
    positive: BTreeMap<i32, f64>,
    negative: BTreeMap<i32, f64>,
    zeros: f64,
    sum: f64,
    has_negative: bool,
}

impl Growth {
    fn new(random: &mut Random) -> Self {
        let schema = *random.pick(&[0, 1, 2, 3]);
        // Far from zero at all times: 3.5 extrapolates histograms to before they were zero, and
        // newer versions do not.
        let mut growth = Self {
            layout: Layout::Exponential { schema },
            positive: (0..5).map(|bucket| (bucket, 1e4)).collect(),
            negative: BTreeMap::new(),
            zeros: 0.0,
            sum: 5e5,
            has_negative: random.chance(30),
        };
        growth.zeros = if random.chance(50) { 1e4 } else { 0.0 };
        growth
    }

    fn reset(&mut self) {
        let counts = self.positive.values_mut().chain(self.negative.values_mut());
        for count in counts.chain([&mut self.zeros]) {
            *count = (*count * 0.6).floor();
        }
        self.sum *= 0.6;
    }

    fn grow(&mut self, random: &mut Random) {
        if random.chance(2) {
            self.reset();
        }
        let is_exponential = matches!(self.layout, Layout::Exponential { .. });
        for _ in 0..random.below(9) {
            let bucket = i32::try_from(random.below(5)).unwrap();
            self.sum += random.unit() * 20.0;
            if is_exponential && random.chance(10) {
                self.zeros += 1.0;
            } else if is_exponential && self.has_negative && random.chance(30) {
                *self.negative.entry(bucket).or_default() += 1.0;
            } else {
                *self.positive.entry(bucket).or_default() += 1.0;
            }
        }
    }

    fn histogram(&self) -> Histogram {
        let counts = |buckets: &BTreeMap<i32, f64>| {
            let counts = buckets.iter().map(|(index, count)| (*index, *count));
            counts.filter(|(_, count)| *count > 0.0).collect()
        };
        let total = |buckets: &BTreeMap<i32, f64>| buckets.values().sum::<f64>();
        let is_exponential = matches!(self.layout, Layout::Exponential { .. });
        let zeros = if is_exponential { self.zeros } else { 0.0 };
        Histogram {
            zero_threshold: if is_exponential { 0.001 } else { 0.0 },
            zero_count: zeros,
            count: zeros + total(&self.positive) + total(&self.negative),
            sum: self.sum,
            positive: counts(&self.positive),
            negative: counts(&self.negative),
            ..Histogram::empty(self.layout.clone())
        }
    }
}
