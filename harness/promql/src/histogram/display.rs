//! A histogram as Prometheus writes it: `{count:4, sum:5, (0.5,1]:1, (1,2]:3}`.

use std::fmt;

use super::{Bucket, Histogram};
use crate::number::format_general;

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", format_general(self.count), format_general(self.sum))?;
        for bucket in self.buckets() {
            let [open, close] = brackets(&bucket);
            let [lower, upper, count] =
                [bucket.lower, bucket.upper, bucket.count].map(format_general);
            write!(f, ", {open}{lower},{upper}{close}:{count}")?;
        }
        f.write_str("}")
    }
}

/// The bound away from zero belongs to a bucket, and both of the zero bucket.
fn brackets(bucket: &Bucket) -> [char; 2] {
    let first_listed = bucket.lower == f64::NEG_INFINITY;
    [
        if bucket.lower < 0.0 && (bucket.upper <= 0.0 || bucket.spans_zero()) || first_listed {
            '['
        } else {
            '('
        },
        if bucket.upper <= 0.0 && !first_listed && bucket.lower < bucket.upper { ')' } else { ']' },
    ]
}
