//! The notation of one native histogram:
//! `{{schema:1 sum:-0.3 count:32.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10] offset:-3}}`.

use std::sync::Arc;

use crate::histogram::{
    Buckets, CUSTOM_SCHEMA, HIGHEST_SCHEMA, Histogram, LOWEST_SCHEMA, Layout, ResetHint,
};
use crate::number::parse_number;

/// Bucket indexes beyond this are taken for a mistake: at any resolution their
/// bounds are infinite or zero.
const MAX_OFFSET: i32 = 1 << 20;

/// Reads a histogram at the start of a text; what follows it comes back, too.
pub(super) fn read(text: &str) -> Result<(Histogram, &str), String> {
    let inside = text.strip_prefix("{{").ok_or("a histogram begins with `{{`")?;
    let (inside, rest) = inside.split_once("}}").ok_or("a histogram ends with `}}`")?;
    let mut fields = Fields::default();
    let mut left = inside.trim();
    while !left.is_empty() {
        let (name, value) =
            left.split_once(':').ok_or_else(|| format!("`{left}` is no `field:value`"))?;
        let value = value.trim_start();
        let end = if value.starts_with('[') {
            value.find(']').ok_or_else(|| format!("`{name}` needs a `]`"))? + 1
        } else {
            value.find(char::is_whitespace).unwrap_or(value.len())
        };
        fields.set(name.trim(), &value[..end])?;
        left = value[end..].trim_start();
    }
    Ok((fields.histogram()?, rest))
}

/// What is written, with Prometheus' defaults.
#[derive(Default)]
struct Fields {
    schema: Option<i32>,
    sum: Option<f64>,
    count: Option<f64>,
    zero_count: Option<f64>,
    zero_width: Option<f64>,
    custom_values: Option<Vec<f64>>,
    offset: Option<i32>,
    buckets: Option<Vec<f64>>,
    negative_offset: Option<i32>,
    negative_buckets: Option<Vec<f64>>,
    reset_hint: Option<ResetHint>,
}

impl Fields {
    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "schema" => once(name, &mut self.schema, integer(value)?),
            "sum" => once(name, &mut self.sum, number(value)?),
            "count" => once(name, &mut self.count, number(value)?),
            "z_bucket" => once(name, &mut self.zero_count, number(value)?),
            "z_bucket_w" => once(name, &mut self.zero_width, number(value)?),
            "custom_values" => once(name, &mut self.custom_values, numbers(value)?),
            "offset" => once(name, &mut self.offset, integer(value)?),
            "buckets" => once(name, &mut self.buckets, numbers(value)?),
            "n_offset" => once(name, &mut self.negative_offset, integer(value)?),
            "n_buckets" => once(name, &mut self.negative_buckets, numbers(value)?),
            "counter_reset_hint" => once(name, &mut self.reset_hint, hint(value)?),
            _ => Err(format!("a histogram has no field `{name}`")),
        }
    }

    fn histogram(self) -> Result<Histogram, String> {
        let layout = layout(self.schema.unwrap_or(0), self.custom_values)?;
        let positive = placed(self.offset, self.buckets)?;
        let negative = placed(self.negative_offset, self.negative_buckets)?;
        if let Layout::Custom { bounds } = &layout {
            let highest = i32::try_from(bounds.len()).unwrap_or(i32::MAX);
            if positive.iter().any(|(index, _)| !(0..=highest).contains(index)) {
                return Err("a bucket lies outside the `custom_values`".to_owned());
            }
            if !negative.is_empty() || self.zero_count.is_some_and(|count| count != 0.0) {
                return Err("with `custom_values` all buckets are in `buckets`".to_owned());
            }
        }
        Ok(Histogram {
            reset_hint: self.reset_hint.unwrap_or_default(),
            layout,
            zero_threshold: self.zero_width.unwrap_or(0.0),
            zero_count: self.zero_count.unwrap_or(0.0),
            count: self.count.unwrap_or(0.0),
            sum: self.sum.unwrap_or(0.0),
            positive,
            negative,
        })
    }
}

fn once<T>(name: &str, field: &mut Option<T>, value: T) -> Result<(), String> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("the field `{name}` is there twice")),
    }
}

fn layout(schema: i32, custom_values: Option<Vec<f64>>) -> Result<Layout, String> {
    match (schema, custom_values) {
        (CUSTOM_SCHEMA, bounds) => {
            let bounds = bounds.unwrap_or_default();
            let ascends = bounds.windows(2).all(|pair| pair[0] < pair[1]);
            if !ascends || bounds.iter().any(|bound| bound.is_nan()) {
                return Err("`custom_values` must ascend".to_owned());
            }
            Ok(Layout::Custom { bounds: Arc::from(bounds) })
        }
        (_, Some(_)) => Err(format!("`custom_values` need `schema:{CUSTOM_SCHEMA}`")),
        (schema @ LOWEST_SCHEMA..=HIGHEST_SCHEMA, None) => Ok(Layout::Exponential { schema }),
        (schema, None) => Err(format!(
            "the schema {schema} is none of {LOWEST_SCHEMA} to {HIGHEST_SCHEMA} and {CUSTOM_SCHEMA}"
        )),
    }
}

/// Counts one after the other from an offset; empty buckets are not kept.
fn placed(offset: Option<i32>, counts: Option<Vec<f64>>) -> Result<Buckets, String> {
    let offset = offset.unwrap_or(0);
    let counts = counts.unwrap_or_default();
    let length = i32::try_from(counts.len()).unwrap_or(i32::MAX);
    if offset.saturating_abs() > MAX_OFFSET || length > MAX_OFFSET {
        return Err(format!("an offset or number of buckets is beyond {MAX_OFFSET}"));
    }
    Ok((offset..).zip(counts).filter(|(_, count)| *count != 0.0).collect())
}

fn number(text: &str) -> Result<f64, String> {
    parse_number(text).ok_or_else(|| format!("`{text}` is not a number"))
}

fn integer(text: &str) -> Result<i32, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number of 32 bits"))
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let inside = inside.ok_or_else(|| format!("`{text}` is no list; write for example [1 2 1]"))?;
    inside.split_whitespace().map(number).collect()
}

fn hint(text: &str) -> Result<ResetHint, String> {
    match text {
        "unknown" => Ok(ResetHint::Unknown),
        "reset" => Ok(ResetHint::Reset),
        "not_reset" => Ok(ResetHint::NotReset),
        "gauge" => Ok(ResetHint::Gauge),
        _ => Err(format!("`{text}` is none of unknown, reset, not_reset and gauge")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_field() {
        let text = "{{schema:1 sum:-0.3 count:32.1 z_bucket:7.1 z_bucket_w:0.05 \
                    buckets:[5.1 0 7] offset:-3 n_buckets:[4.1 5] n_offset:-5 \
                    counter_reset_hint:gauge}}x2";
        let (histogram, rest) = read(text).unwrap();
        assert_eq!(rest, "x2");
        assert_eq!(
            histogram,
            Histogram {
                reset_hint: ResetHint::Gauge,
                layout: Layout::Exponential { schema: 1 },
                zero_threshold: 0.05,
                zero_count: 7.1,
                count: 32.1,
                sum: -0.3,
                positive: vec![(-3, 5.1), (-1, 7.0)],
                negative: vec![(-5, 4.1), (-4, 5.0)],
            }
        );
    }

    #[test]
    fn refuses_what_no_histogram_can_have() {
        for text in [
            "{{schema:9}}",
            "{{schema:99999999999}}",
            "{{schema:-53 custom_values:[2 1]}}",
            "{{schema:-53 custom_values:[1] buckets:[1 2 3]}}",
            "{{schema:-53 custom_values:[1] n_buckets:[1]}}",
            "{{custom_values:[1]}}",
            "{{buckets:[1] offset:2147483647}}",
            "{{buckets:[1}}",
            "{{buckets:1}}",
            "{{sum:a}}",
            "{{sum:1 sum:2}}",
            "{{what:1}}",
            "{{counter_reset_hint:maybe}}",
            "{{sum:1",
            "{{sum}}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
