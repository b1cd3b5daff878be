//! A histogram as Prometheus writes it: `{count:4, sum:5, (0.5,1]:1, (1,2]:3}`.

use std::fmt;

use super::Histogram;
use crate::number::format_general;

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{count:{}, sum:{}", format_general(self.count), format_general(self.sum))?;
        for bucket in self.bounded_buckets() {
            let open = if bucket.lower_inclusive { '[' } else { '(' };
            let close = if bucket.upper_inclusive { ']' } else { ')' };
            let [lower, upper, count] =
                [bucket.lower, bucket.upper, bucket.count].map(format_general);
            write!(f, ", {open}{lower},{upper}{close}:{count}")?;
        }
        f.write_str("}")
    }
}
