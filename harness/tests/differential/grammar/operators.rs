//! Operators with two sides, and aggregations.

use super::Writer;

impl Writer {
    pub(super) fn arithmetic(&mut self, depth: u32) -> String {
        let operators = ["+", "-", "*", "/", "%", "^", "atan2"];
        let operator = self.random.word(&operators[..if self.dialect.is_third() { 7 } else { 6 }]);
        match self.random.below(10) {
            0 => format!("-({})", self.vector(depth)),
            1 => format!("({} {operator} {})", self.scalar(depth), self.scalar(depth)),
            _ => self.both_sides(operator, depth),
        }
    }

    pub(super) fn comparison(&mut self, depth: u32) -> String {
        let operator = self.random.word(&["==", "!=", ">", "<", ">=", "<="]);
        if self.random.chance(10) {
            return format!("({} {operator} bool {})", self.scalar(depth), self.scalar(depth));
        }
        let bool = if self.random.chance(40) { " bool" } else { "" };
        self.both_sides(&format!("{operator}{bool}"), depth)
    }

    /// Two vectors that have a chance to match, or a vector and a scalar.
    fn both_sides(&mut self, operator: &str, depth: u32) -> String {
        match self.random.below(8) {
            0 | 1 => format!("({}) {operator} {}", self.vector(depth), self.scalar(depth)),
            2 => format!("{} {operator} ({})", self.scalar(depth), self.vector(depth)),
            3 => {
                let labels = self.label_list();
                let (left, right) = (self.vector(depth), self.vector(depth));
                format!("sum by ({labels}) ({left}) {operator} avg by ({labels}) ({right})")
            }
            4 => self.many_to_one(operator),
            5 => {
                let matching = self.matching();
                format!("({}) {operator}{matching} ({})", self.vector(depth), self.vector(depth))
            }
            6 => {
                let vector = self.vector(depth);
                format!("({vector}) {operator} ({vector})")
            }
            _ => {
                let labels = ["job", "instance"].as_slice();
                let pairs = ["errors_total", "queue_depth", "up"];
                let (left, right) = (self.random.word(&pairs), self.random.word(&pairs));
                let (left, right) = (self.matched(left, labels), self.matched(right, labels));
                format!("{left} {operator} {right}")
            }
        }
    }

    /// One element for several: labels of an instance beside those of its requests.
    fn many_to_one(&mut self, operator: &str) -> String {
        let many = self.random.word(&[
            "requests_total",
            "rate(requests_total[2m])",
            "temperature",
            "sum by (job, instance, code) (requests_total)",
        ]);
        let one = self.random.word(&["build_info", "errors_total", "up", "temperature"]);
        let extra = self.random.word(&["", "version", "zone", "version, zone", "job"]);
        let matching = self.random.word(&[
            "on (job, instance)",
            "ignoring (code, method)",
            "ignoring (code, method, version, zone)",
            "on (job)",
        ]);
        if self.random.chance(50) {
            format!("{many} {operator} {matching} group_left ({extra}) {one}")
        } else {
            format!("{one} {operator} {matching} group_right ({extra}) {many}")
        }
    }

    fn matching(&mut self) -> String {
        let kind = self.random.word(&["", " on", " on", " ignoring"]);
        if kind.is_empty() {
            return String::new();
        }
        let labels = self.label_list();
        let group = self.random.word(&["", "", "", " group_left ()", " group_right (version)"]);
        format!("{kind} ({labels}){group}")
    }

    pub(super) fn set(&mut self, depth: u32) -> String {
        let operator = self.random.word(&["and", "or", "unless"]);
        let kind = self.random.word(&["", "", " on", " ignoring"]);
        let labels = self.label_list();
        let matching = if kind.is_empty() { String::new() } else { format!("{kind} ({labels})") };
        let (left, right) = (self.vector(depth), self.vector(depth));
        let right = if self.random.chance(40) { format!("{right} > 0") } else { right };
        format!("({left}) {operator}{matching} ({right})")
    }

    pub(super) fn aggregation(&mut self, depth: u32) -> String {
        let deviations = if self.dialect.is_third() { 10 } else { 8 };
        let names = [
            "sum",
            "avg",
            "min",
            "max",
            "count",
            "group",
            "quantile",
            "count_values",
            "stddev",
            "stdvar",
        ];
        let labels = self.label_list();
        let grouping = match self.random.below(4) {
            0 => String::new(),
            1 => format!(" without ({labels}) "),
            _ => format!(" by ({labels}) "),
        };
        if self.random.chance(15) {
            return self.chosen(&grouping);
        }
        let name = self.random.word(&names[..deviations]);
        let inner = self.vector(depth);
        match name {
            "quantile" => format!("quantile{grouping}({}, {inner})", self.share()),
            "count_values" => {
                // The text of a native histogram has bounds that differ in their last digit.
                let counted = self.random.word(&["queue_depth", "up", "odd{kind!=\"mixed\"}"]);
                format!("count_values{grouping}(\"value\", {counted}{})", self.shift())
            }
            _ => format!("{name}{grouping}({inner})"),
        }
    }

    /// The first of an order. Which of equal values are taken is nobody's promise, so that
    /// only values that are all different are chosen from.
    fn chosen(&mut self, grouping: &str) -> String {
        let name = self.random.word(&["topk", "bottomk"]);
        let count = self.random.word(&["1", "2", "3", "5", "0", "-1", "1.9"]);
        let inner = self.matched("temperature", &["job", "instance", "zone"]);
        format!("{name}{grouping}({count}, {inner}{})", self.shift())
    }
}
