//! Calls for histograms, classic and native.

use super::Writer;

impl Writer {
    /// A quantile or fraction of buckets.
    pub(super) fn classic(&mut self, _: u32) -> String {
        let labels: &[&str] = &["job", "path", "le"];
        if self.dialect.is_third() && self.random.chance(30) {
            // Not within the first bucket, which must be there: of that 3.5 makes NaN, and newer
            // versions do not.
            let bounds = ["0.1", "0.3", "1", "2", "10", "12", "+Inf", "-Inf", "NaN"];
            let (lower, upper) = (self.random.word(&bounds), self.random.word(&bounds));
            let buckets = self.buckets(&labels[..2]);
            return format!("histogram_fraction({lower}, {upper}, {buckets})");
        }
        format!("histogram_quantile({}, {})", self.share(), self.buckets(labels))
    }

    /// A vector of classic buckets with matchers for some of these labels.
    fn buckets(&mut self, labels: &[&'static str]) -> String {
        let buckets = self.matched("latency_bucket", labels);
        let range = self.duration();
        let shift = self.shift();
        let change = self.random.word(&["rate", "increase", "irate", "delta"]);
        match self.random.below(5) {
            0 => format!("{buckets}{shift}"),
            1 => format!("{change}({buckets}[{range}]{shift})"),
            2 => format!("sum by (le) ({change}({buckets}[{range}]{shift}))"),
            3 => format!("sum by (le, job) ({change}({buckets}[{range}]{shift}))"),
            _ => format!("sum without (path) ({change}({buckets}[{range}]{shift}))"),
        }
    }

    pub(super) fn native(&mut self, depth: u32) -> String {
        let names = ["count", "sum", "avg", "stddev", "stdvar"];
        match self.random.below(10) {
            0..3 => format!("histogram_quantile({}, {})", self.share(), self.histograms(depth)),
            3 | 4 => {
                let bounds = ["0", "0.1", "1.7", "4", "30", "-2", "+Inf", "-Inf", "NaN"];
                let (lower, upper) = (self.random.word(&bounds), self.random.word(&bounds));
                format!("histogram_fraction({lower}, {upper}, {})", self.histograms(depth))
            }
            5..8 => format!("histogram_{}({})", self.random.word(&names), self.histograms(depth)),
            _ => self.histograms(depth),
        }
    }

    /// A vector of native histograms.
    fn histograms(&mut self, depth: u32) -> String {
        let name = self.random.word(&["duration_seconds", "duration_seconds", "size_bytes"]);
        let series = self.matched(name, &["job", "instance"]);
        let (range, shift) = (self.duration(), self.shift());
        let change = self.random.word(&[
            "rate",
            "increase",
            "irate",
            "delta",
            "idelta",
            "sum_over_time",
            "avg_over_time",
            "last_over_time",
        ]);
        let plain = match self.random.below(3) {
            0 => format!("{series}{shift}"),
            _ => format!("{change}({series}[{range}]{shift})"),
        };
        match self.random.below(6) {
            0 if depth > 0 => format!("sum by ({}) ({plain})", self.label_list()),
            1 if depth > 0 => format!("avg by ({}) ({plain})", self.label_list()),
            2 => {
                let operator = self.random.word(&["*", "/", "+", "-", ">", "=="]);
                format!("{plain} {operator} {}", self.number())
            }
            3 if depth > 0 => {
                let operator = self.random.word(&["+", "-", "==", "!=", "*", "/"]);
                let other = self.histograms(depth - 1);
                format!("({plain}) {operator} ({other})")
            }
            _ => plain,
        }
    }
}
