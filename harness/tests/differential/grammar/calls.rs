//! Calls of functions, family by family; those of histograms are in a file of their own.

use super::Writer;

impl Writer {
    pub(super) fn counters(&mut self, depth: u32) -> String {
        let names = ["rate", "rate", "increase", "delta", "irate", "idelta", "changes", "resets"];
        let name = self.random.word(&names);
        if !self.dialect.is_third() && matches!(name, "rate" | "increase") {
            return format!("{name}({})", self.range_of_counter());
        }
        format!("{name}({})", self.any_range(depth))
    }

    pub(super) fn over_time(&mut self, depth: u32) -> String {
        let both = [
            "avg", "min", "max", "sum", "count", "last", "present", "quantile", "stddev", "stdvar",
        ];
        let names = if self.dialect.is_third() { &both[..] } else { &both[..8] };
        let name = self.random.word(names);
        let range = self.any_range(depth);
        match name {
            "quantile" => format!("quantile_over_time({}, {range})", self.share()),
            _ => format!("{name}_over_time({range})"),
        }
    }

    pub(super) fn trend(&mut self, depth: u32) -> String {
        let range = self.any_range(depth);
        if self.random.chance(50) {
            return format!("deriv({range})");
        }
        if !self.dialect.is_third() {
            let (counter, length) = (self.counter(), self.duration());
            return format!("predict_linear({counter}[{length}], {})", self.number());
        }
        format!("predict_linear({range}, {})", self.number())
    }

    pub(super) fn over_subquery(&mut self, depth: u32) -> String {
        let names = [
            "max_over_time",
            "avg_over_time",
            "sum_over_time",
            "count_over_time",
            "delta",
            "deriv",
            "last_over_time",
            "min_over_time",
        ];
        let name = self.random.word(&names);
        format!("{name}({})", self.subquery(depth.max(1)))
    }

    pub(super) fn of_numbers(&mut self, depth: u32) -> String {
        let names = [
            "abs",
            "ceil",
            "floor",
            "exp",
            "ln",
            "log2",
            "log10",
            "sqrt",
            "sgn",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "sinh",
            "cosh",
            "tanh",
            "asinh",
            "acosh",
            "atanh",
            "deg",
            "rad",
            "round",
            "clamp",
            "clamp_min",
            "clamp_max",
        ];
        let name = self.random.word(&names);
        let inner = self.vector(depth);
        match name {
            "round" if self.random.chance(50) => format!("round({inner}, {})", self.number()),
            "clamp" => format!("clamp({inner}, {}, {})", self.number(), self.number()),
            "clamp_min" | "clamp_max" => format!("{name}({inner}, {})", self.number()),
            _ => format!("{name}({inner})"),
        }
    }

    pub(super) fn date(&mut self, depth: u32) -> String {
        let names = [
            "day_of_month",
            "day_of_week",
            "day_of_year",
            "days_in_month",
            "hour",
            "minute",
            "month",
            "year",
        ];
        let name = self.random.word(&names);
        match self.random.below(3) {
            0 => format!("{name}()"),
            1 if depth > 0 => format!("{name}(timestamp({}))", self.series_as_they_are()),
            _ => {
                // Of what is no number, the date depends on the server's processor.
                let days = self.random.below(40_000);
                let finite = self.counter();
                format!("{name}({finite} * 100 + {})", u64::from(days) * 86_400)
            }
        }
    }

    pub(super) fn labels_and_order(&mut self, depth: u32) -> String {
        let inner = self.vector(depth);
        match self.random.below(4) {
            0 => format!("sort({inner})"),
            1 => format!("sort_desc({inner})"),
            2 => {
                let target = self.random.word(&["new", "job", "instance", "__name__"]);
                let with = self.random.word(&["$1", "x-$1", "", "$2$1", "${1}y", "$0", "$1y"]);
                let source = self.random.word(&["job", "instance", "code", "nowhere"]);
                let pattern = self.random.word(&["(.*)", "(a)(.*)", "", "(.).*", "w(.+)", "("]);
                format!(
                    "label_replace({inner}, \"{target}\", \"{with}\", \"{source}\", \"{pattern}\")"
                )
            }
            _ => {
                let target = self.random.word(&["new", "job", "code"]);
                let separator = self.random.word(&["-", "", ", "]);
                let sources =
                    self.random.word(&["\"job\", \"instance\"", "\"nowhere\"", "\"zone\""]);
                format!("label_join({inner}, \"{target}\", \"{separator}\", {sources})")
            }
        }
    }

    pub(super) fn presence(&mut self, depth: u32) -> String {
        match self.random.below(4) {
            0 => format!("absent({})", self.selector()),
            1 => format!("absent({})", self.vector(depth)),
            2 => format!("absent_over_time({})", self.any_range(depth)),
            _ => format!("absent({} > 1e9)", self.selector()),
        }
    }

    pub(super) fn types(&mut self, depth: u32) -> String {
        match self.random.below(6) {
            0 => format!("scalar({})", self.vector(depth)),
            1 => format!("vector({})", self.scalar(depth)),
            2 => format!("timestamp({})", self.series_as_they_are()),
            3 => format!("timestamp({})", self.aggregation(depth)),
            4 => self.scalar(depth),
            _ => format!("time() - timestamp({})", self.series_as_they_are()),
        }
    }
}
