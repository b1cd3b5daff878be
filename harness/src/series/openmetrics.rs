//! Series as OpenMetrics text with timestamps, and back.
//!
//! `promtool tsdb create-blocks-from openmetrics` loads the text into a real
//! Prometheus. What the text cannot carry stands in [`Notes`]; both together give
//! the same store again, so that a saved run can be judged once more.

use std::collections::BTreeMap;
use std::io::{self, Write};

use slogate_promql::{
    Labels, METRIC_NAME, Sample, SeriesRef, SeriesSource, is_stale, stale_marker,
};
use thiserror::Error;

use super::{FamilyKind, FamilyMetadata, Notes, ScrapeRecord, SeriesStore};
use crate::exposition::{
    self, ExpositionError, Family, FinalNewline, Format, NameRules, ParseRules, SecondOpinion,
};

/// Why saved series cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SeriesReadError {
    /// The text is not OpenMetrics.
    #[error("the saved series cannot be read: {0}")]
    Text(#[from] ExpositionError),
    /// A sample without its time.
    #[error("the saved series `{0}` has a sample without a timestamp")]
    NoTimestamp(String),
    /// Two samples of one series at one time.
    #[error("the saved series `{series}` has two samples at {at_ms} ms")]
    Repeated {
        /// The series.
        series: String,
        /// The time, milliseconds since the epoch.
        at_ms: i64,
    },
}

/// Writes every sample but the ends of series, family by family.
pub fn write_openmetrics(store: &SeriesStore, out: &mut impl Write) -> io::Result<()> {
    for (name, family) in grouped(store) {
        if let Some(metadata) = family.metadata {
            write_metadata(&name, family.kind, metadata, out)?;
        }
        for series in family.series {
            write_series(series, out)?;
        }
    }
    out.write_all(b"# EOF\n")
}

/// The text is slogate's own: what a scrape has been told twice need not be asked again.
const RULES: ParseRules = ParseRules {
    names: NameRules::Utf8,
    final_newline: FinalNewline::Required,
    sample_limit: None,
    second_opinion: SecondOpinion::Spared,
};

/// Reads a store back from its text and its notes.
pub fn read_openmetrics(text: &str, notes: &Notes) -> Result<SeriesStore, SeriesReadError> {
    let mut store = SeriesStore::default();
    let exposition = match text {
        // An empty store writes an exposition that holds nothing, which no target may.
        "# EOF\n" => exposition::Exposition::default(),
        _ => exposition::parse_with(text.as_bytes(), Format::OpenMetrics, RULES)?,
    };
    for family in exposition.families {
        restore_family(&mut store, family);
    }
    for name in &notes.counters {
        store.declare(name, FamilyKind::Counter);
    }
    let mut series: BTreeMap<Labels, Vec<Sample>> = BTreeMap::new();
    for sample in exposition.samples {
        let no_timestamp = || SeriesReadError::NoTimestamp(sample.labels.to_string());
        let t_ms = sample.timestamp_ms.ok_or_else(no_timestamp)?;
        series.entry(sample.labels).or_default().push(Sample { t_ms, value: sample.value });
    }
    for end in &notes.stale {
        let sample = Sample { t_ms: end.at_ms, value: stale_marker() };
        series.entry((&end.series).into()).or_default().push(sample);
    }
    restore_samples(&mut store, series)?;
    for scrape in &notes.scrapes {
        store.record_scrape(ScrapeRecord::from(scrape));
    }
    Ok(store)
}

/// One family as OpenMetrics sees it.
struct Group<'a> {
    kind: FamilyKind,
    metadata: Option<&'a FamilyMetadata>,
    series: Vec<SeriesRef<'a>>,
}

/// All declared families and all series, by the family name that OpenMetrics uses.
fn grouped(store: &SeriesStore) -> BTreeMap<String, Group<'_>> {
    let mut groups = BTreeMap::new();
    for (name, metadata) in &store.families {
        let (name, kind) = openmetrics_family(store, name, metadata.kind);
        groups.insert(name, Group { kind, metadata: Some(metadata), series: Vec::new() });
    }
    for series in store.iter() {
        let metric_name = series.labels.metric_name().unwrap_or_default();
        let name = store.family_of(metric_name).map_or_else(
            || metric_name.to_owned(),
            |(family, metadata)| openmetrics_family(store, family, metadata.kind).0,
        );
        let undeclared = || Group { kind: FamilyKind::Unknown, metadata: None, series: Vec::new() };
        groups.entry(name).or_insert_with(undeclared).series.push(series);
    }
    groups
}

/// OpenMetrics names a counter without the `_total` of its samples and knows no
/// counter without it: such a one, or one whose short name is taken, is unknown.
pub(super) fn openmetrics_family(
    store: &SeriesStore,
    name: &str,
    kind: FamilyKind,
) -> (String, FamilyKind) {
    if kind != FamilyKind::Counter {
        return (name.to_owned(), kind);
    }
    let short = name.strip_suffix("_total").filter(|short| {
        let is_series = store.series(Some(short)).next().is_some();
        !short.is_empty() && !is_series && !store.families.contains_key(*short)
    });
    match short {
        Some(short) => (short.to_owned(), FamilyKind::Counter),
        None => (name.to_owned(), FamilyKind::Unknown),
    }
}

fn write_metadata(
    name: &str,
    kind: FamilyKind,
    metadata: &FamilyMetadata,
    out: &mut impl Write,
) -> io::Result<()> {
    let name = quoted_if_needed(name);
    writeln!(out, "# TYPE {name} {}", kind.as_str())?;
    if !metadata.unit.is_empty() {
        writeln!(out, "# UNIT {name} {}", metadata.unit)?;
    }
    if !metadata.help.is_empty() {
        writeln!(out, "# HELP {name} {}", escaped(&metadata.help))?;
    }
    Ok(())
}

fn write_series(series: SeriesRef<'_>, out: &mut impl Write) -> io::Result<()> {
    let shown = show_labels(series.labels);
    for sample in series.samples.iter().filter(|sample| !is_stale(sample.value)) {
        let sign = if sample.t_ms < 0 { "-" } else { "" };
        let ms = sample.t_ms.unsigned_abs();
        let value = show_value(sample.value);
        writeln!(out, "{shown} {value} {sign}{}.{:03}", ms / 1000, ms % 1000)?;
    }
    Ok(())
}

fn show_labels(labels: &Labels) -> String {
    let name = labels.metric_name().unwrap_or_default();
    let bare = is_plain_name(name);
    let mut inside: Vec<String> = Vec::with_capacity(labels.len());
    if !bare {
        inside.push(format!("\"{}\"", escaped(name)));
    }
    for (label, value) in labels.iter().filter(|(label, _)| *label != METRIC_NAME) {
        let label = if label.contains(':') {
            format!("\"{}\"", escaped(label))
        } else {
            quoted_if_needed(label)
        };
        inside.push(format!("{label}=\"{}\"", escaped(value)));
    }
    let before = if bare { name } else { "" };
    if inside.is_empty() { before.to_owned() } else { format!("{before}{{{}}}", inside.join(",")) }
}

fn show_value(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    // `{:?}` is the shortest text that reads back as the same float.
    format!("{value:?}")
}

fn quoted_if_needed(name: &str) -> String {
    if is_plain_name(name) { name.to_owned() } else { format!("\"{}\"", escaped(name)) }
}

fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte == b'_' || byte == b':' || byte.is_ascii_alphanumeric();
    name.bytes().all(plain) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

fn restore_family(store: &mut SeriesStore, family: Family) {
    let Family { name, kind, help, unit } = family;
    let name = if kind == FamilyKind::Counter { format!("{name}_total") } else { name };
    store.describe(&name, FamilyMetadata { kind, help, unit });
}

fn restore_samples(
    store: &mut SeriesStore,
    series: BTreeMap<Labels, Vec<Sample>>,
) -> Result<(), SeriesReadError> {
    for (labels, mut samples) in series {
        samples.sort_by_key(|sample| sample.t_ms);
        for sample in samples {
            if !store.append(&labels, sample.t_ms, sample.value) {
                let series = labels.to_string();
                return Err(SeriesReadError::Repeated { series, at_ms: sample.t_ms });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::series::ScrapeMoment;

    fn store() -> SeriesStore {
        let mut store = SeriesStore::default();
        let metadata = FamilyMetadata {
            kind: FamilyKind::Counter,
            help: "two\nlines \\ \"quoted\"".to_owned(),
            unit: String::new(),
        };
        store.describe("a_total", metadata);
        store.declare("b_ops", FamilyKind::Counter);
        store.declare("h", FamilyKind::Histogram);
        let counter = Labels::new([(METRIC_NAME, "a_total"), ("x", "é\"\\\n},=")]);
        for (at_ms, value) in [(1_700_000_000_123, 1.0), (1_700_000_000_373, 1e300)] {
            store.append(&counter, at_ms, value);
        }
        store.end(&counter, 1_700_000_000_623);
        store.append(&counter, 1_700_000_000_873, 0.1);
        store.append(&Labels::new([(METRIC_NAME, "b_ops")]), 1_700_000_000_123, f64::INFINITY);
        let bucket = Labels::new([(METRIC_NAME, "h_bucket"), ("le", "+Inf")]);
        store.append(&bucket, 1_700_000_000_123, 3.0);
        store.append(&Labels::new([(METRIC_NAME, "odd.name")]), -1, f64::NAN);
        store.record_scrape(ScrapeRecord {
            at_ms: 1_700_000_000_123,
            instance: "one".to_owned(),
            moment: ScrapeMoment::Opening,
            took: Duration::from_millis(3),
            outcome: Ok(4),
        });
        store
    }

    fn text(store: &SeriesStore) -> String {
        let mut written = Vec::new();
        write_openmetrics(store, &mut written).unwrap();
        String::from_utf8(written).unwrap()
    }

    fn bits(store: &SeriesStore) -> Vec<(String, i64, u64)> {
        let canonical = |value: f64| {
            if value.is_nan() && !is_stale(value) { f64::NAN.to_bits() } else { value.to_bits() }
        };
        store
            .iter()
            .flat_map(|series| {
                let name = series.labels.to_string();
                series
                    .samples
                    .iter()
                    .map(move |sample| (name.clone(), sample.t_ms, canonical(sample.value)))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn a_store_comes_back_from_its_text_and_notes() {
        let store = store();
        let json = serde_json::to_string(&store.notes()).unwrap();
        let notes: Notes = serde_json::from_str(&json).unwrap();
        let again = read_openmetrics(&text(&store), &notes).unwrap();
        assert_eq!(bits(&again), bits(&store));
        assert_eq!(again.kind("a_total"), Some(FamilyKind::Counter));
        assert_eq!(again.kind("b_ops"), Some(FamilyKind::Counter));
        assert_eq!(again.metadata("a_total"), store.metadata("a_total"));
        assert_eq!(again.notes(), store.notes());
    }

    #[test]
    fn an_empty_store_comes_back_empty() {
        let empty = SeriesStore::default();
        let again = read_openmetrics(&text(&empty), &empty.notes()).unwrap();
        assert_eq!(again.iter().count(), 0);
    }

    #[test]
    fn counters_are_named_as_openmetrics_wants_them() {
        let text = text(&store());
        assert!(text.contains("# TYPE a counter\n"), "{text}");
        assert!(text.contains("# TYPE b_ops unknown\n"), "{text}");
        assert!(text.contains("h_bucket{le=\"+Inf\"} 3.0 1700000000.123\n"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn a_counter_whose_short_name_is_taken_is_unknown_in_the_text() {
        let mut store = SeriesStore::default();
        store.declare("a_total", FamilyKind::Counter);
        store.declare("a", FamilyKind::Gauge);
        assert!(text(&store).contains("# TYPE a_total unknown\n"));
    }

    #[test]
    fn refuses_a_sample_without_a_time() {
        let error = read_openmetrics("a 1\n# EOF\n", &Notes::default()).unwrap_err();
        assert_eq!(error, SeriesReadError::NoTimestamp("a".to_owned()));
    }
}
