//! Puts an exposition together from its lines.

use std::borrow::Cow;

use slogate_promql::Labels;

use super::braces::{Grammar, LabelPair};
use super::codes;
use super::crosscheck::CanonicalText;
use super::error::LineError;
use super::families::Families;
use super::interner::Interner;
use super::known::PageSeries;
use super::number::{format_bound, parse_value};
use super::series::SeriesReader;
use super::statement::{self, RawSample, Statement};
use super::{
    Exposition, FamilyKind, FinalNewline, Format, ParseRules, ParsedSample, SecondOpinion,
    openmetrics,
};

/// An exposition in the making.
pub(super) struct Assembly<'a> {
    reader: SeriesReader<'a>,
    rules: ParseRules,
    families: Families,
    samples: Vec<ParsedSample>,
    canonical: CanonicalText,
    interner: Interner,
    ended: bool,
}

impl<'a> Assembly<'a> {
    /// None of it yet; what `page_before` had is not read anew.
    pub(super) fn new(format: Format, rules: ParseRules, page_before: &'a PageSeries) -> Self {
        let grammar = Grammar { format, names: rules.names };
        Self {
            reader: SeriesReader::new(grammar, page_before),
            rules,
            families: Families::default(),
            samples: Vec::new(),
            canonical: CanonicalText::default(),
            interner: Interner::default(),
            ended: false,
        }
    }

    /// A last line without a line feed may be the first half of a longer one.
    pub(super) fn check_last(&self, line: &str, is_last: bool) -> Result<(), LineError> {
        let message = match self.format() {
            _ if !is_last || line.trim_matches([' ', '\t']).is_empty() => return Ok(()),
            Format::OpenMetrics if self.ended || line.starts_with(openmetrics::END) => {
                return Ok(());
            }
            Format::OpenMetrics => "the exposition does not end with `# EOF`: it was cut off",
            Format::Text if self.rules.final_newline == FinalNewline::Optional => return Ok(()),
            Format::Text => "the last line does not end with a line feed: it was cut off",
        };
        Err(LineError::new(line.len(), message).of(codes::TRUNCATED_EXPOSITION))
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: &'a str) -> Result<(), LineError> {
        if self.ended {
            return Err(LineError::new(0, "unexpected data after `# EOF`"));
        }
        let error_at = |at| move |message: String| LineError::new(at, message);
        match statement::read(line, &mut self.reader)? {
            Statement::Nothing => Ok(()),
            Statement::Help { at, name, help } => {
                self.families.help(&name, &help).map_err(error_at(at))
            }
            Statement::Type { at, name, kind } => {
                self.families.kind(&name, kind).map_err(error_at(at))
            }
            Statement::Unit { at, name, unit } => {
                self.families.unit(&name, unit).map_err(error_at(at))
            }
            Statement::Sample(sample) => self.sample(line, &sample),
            Statement::End => {
                self.ended = true;
                Ok(())
            }
        }
    }

    fn sample(&mut self, line: &'a str, sample: &RawSample<'a>) -> Result<(), LineError> {
        if self.rules.sample_limit.is_some_and(|limit| self.samples.len() >= limit) {
            let message = format!(
                "more than {} samples, which is the limit; expose fewer series or raise the limit",
                self.samples.len()
            );
            return Err(LineError::new(sample.series.at, message).of(codes::SAMPLE_LIMIT));
        }
        let kind = self.families.of_sample(sample.series.name());
        check_histogram_count(sample, kind)?;
        let labels = self.labels(line, sample, kind)?;
        self.reader.keep(&sample.series, kind, &labels);
        let RawSample { value, timestamp_ms, .. } = *sample;
        self.samples.push(ParsedSample { labels, value, timestamp_ms });
        Ok(())
    }

    /// The labels of a sample, which goes to the second opinion here.
    fn labels(
        &mut self,
        line: &'a str,
        sample: &RawSample<'a>,
        kind: FamilyKind,
    ) -> Result<Labels, LineError> {
        let is_asked = self.rules.second_opinion == SecondOpinion::Asked;
        if let Some(known) = sample.series.known_labels(kind) {
            if is_asked {
                self.canonical.push_known(sample);
            }
            return Ok(known.clone());
        }
        let labels = self.reader.labels(line, &sample.series)?;
        normalise_bounds(labels, kind)?;
        if is_asked {
            self.canonical.push(sample, labels);
        }
        Ok(self.interner.labels(sample.series.name(), labels))
    }

    fn format(&self) -> Format {
        self.reader.grammar.format
    }

    /// All of it, once every line was added; and its series, for the page after it.
    pub(super) fn finish(self) -> Result<(Exposition, PageSeries), LineError> {
        if self.format() == Format::OpenMetrics {
            if !self.ended {
                let message = "the exposition does not end with `# EOF`: it was cut off";
                return Err(LineError::new(0, message).of(codes::TRUNCATED_EXPOSITION));
            }
            if self.families.is_empty() {
                let message = "the exposition holds no metric at all";
                return Err(LineError::new(0, message));
            }
        }
        if self.rules.second_opinion == SecondOpinion::Asked {
            let agreed = self.canonical.agrees_with(&self.samples);
            agreed.map_err(|message| LineError::new(0, message))?;
        }
        let families = self.families.into_families();
        Ok((Exposition { families, samples: self.samples }, self.reader.into_page()))
    }
}

/// Buckets and counts count: below 0 they are garbage.
fn check_histogram_count(sample: &RawSample<'_>, kind: FamilyKind) -> Result<(), LineError> {
    if kind != FamilyKind::Histogram || sample.value >= 0.0 || sample.value.is_nan() {
        return Ok(());
    }
    let name = sample.series.name();
    if name.ends_with("_count") || name.ends_with("_bucket") {
        let message = format!("a histogram's `{name}` cannot be negative");
        return Err(LineError::new(sample.value_at, message));
    }
    Ok(())
}

/// Writes `le` of histograms and `quantile` of summaries as Prometheus 3 does, so
/// that the same bound is the same series whatever library exposed it.
fn normalise_bounds(labels: &mut [LabelPair<'_>], kind: FamilyKind) -> Result<(), LineError> {
    let bound_label = match kind {
        FamilyKind::Histogram => "le",
        FamilyKind::Summary => "quantile",
        _ => return Ok(()),
    };
    let Some(pair) = labels.iter_mut().find(|pair| pair.name == bound_label) else {
        return Ok(());
    };
    let bound = parse_value(&pair.value).map_err(|message| {
        LineError::new(pair.at, format!("the label `{bound_label}`: {message}"))
    })?;
    pair.value = Cow::Owned(format_bound(bound));
    Ok(())
}
