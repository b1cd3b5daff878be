//! A file of unit tests as promtool reads it, of 2.42 as well as of 3: what only newer ones
//! know is written where it is asked for and left out otherwise.

use std::fmt::Write as _;

use super::{AlertTest, ExpectedAlert, ExpressionTest, TestFile, TestGroup, write_values};
use crate::rules::ALERT_NAME;
use crate::{Datum, Labels, METRIC_NAME, format_duration_ms, format_number};

/// Values are broken into lines at about this many characters.
const LINE: usize = 100;

impl TestFile {
    /// The file as YAML. Native histograms have no place in it, and samples of them are left
    /// out.
    pub fn to_yaml(&self) -> String {
        let mut text = String::from("rule_files:\n");
        for (name, _) in &self.rule_files {
            line(&mut text, 2, &format!("- {}", scalar(name)));
        }
        let interval = format_duration_ms(self.evaluation_interval_ms);
        line(&mut text, 0, &format!("evaluation_interval: {interval}"));
        if !self.group_eval_order.is_empty() {
            let names: Vec<String> = self.group_eval_order.iter().map(|one| scalar(one)).collect();
            line(&mut text, 0, &format!("group_eval_order: [{}]", names.join(", ")));
        }
        if self.fuzzy_compare {
            line(&mut text, 0, "fuzzy_compare: true");
        }
        line(&mut text, 0, "tests:");
        for group in &self.tests {
            write_group(&mut text, group);
        }
        text
    }
}

fn write_group(yaml: &mut String, group: &TestGroup) {
    line(yaml, 2, &format!("- interval: {}", format_duration_ms(group.interval_ms)));
    if let Some(name) = &group.name {
        line(yaml, 4, &format!("name: {}", scalar(name)));
    }
    if group.start_ms != 0 {
        let (seconds, rest) = (group.start_ms / 1000, group.start_ms % 1000);
        line(yaml, 4, &format!("start_timestamp: {seconds}.{rest:03}"));
    }
    write_texts(yaml, 4, "external_labels", &group.external_labels);
    if !group.external_url.is_empty() {
        line(yaml, 4, &format!("external_url: {}", scalar(&group.external_url)));
    }
    line(yaml, 4, "input_series:");
    for (labels, values) in &group.input_series {
        line(yaml, 6, &format!("- series: {}", scalar(&series_text(labels))));
        write_input(yaml, values);
    }
    if !group.alert_tests.is_empty() {
        line(yaml, 4, "alert_rule_test:");
        group.alert_tests.iter().for_each(|test| write_alert_test(yaml, test));
    }
    if !group.expression_tests.is_empty() {
        line(yaml, 4, "promql_expr_test:");
        group.expression_tests.iter().for_each(|test| write_expression_test(yaml, test));
    }
}

/// Short values stand in one line, long ones in a folded text.
fn write_input(yaml: &mut String, values: &[Option<Datum>]) {
    let numbers = values.iter().map(|one| one.as_ref().and_then(Datum::number));
    let notation = write_values(&numbers.collect::<Vec<_>>());
    if notation.len() <= LINE {
        line(yaml, 8, &format!("values: '{notation}'"));
        return;
    }
    line(yaml, 8, "values: >-");
    let mut folded = String::new();
    for item in notation.split(' ') {
        if folded.len() + item.len() >= LINE {
            line(yaml, 10, &folded);
            folded.clear();
        }
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(item);
    }
    line(yaml, 10, &folded);
}

fn write_alert_test(yaml: &mut String, test: &AlertTest) {
    line(yaml, 6, &format!("- eval_time: {}", format_duration_ms(test.eval_time_ms)));
    line(yaml, 8, &format!("alertname: {}", scalar(&test.alert)));
    if test.expected.is_empty() {
        line(yaml, 8, "exp_alerts: []");
        return;
    }
    line(yaml, 8, "exp_alerts:");
    for ExpectedAlert { labels, annotations } in &test.expected {
        let labels = labels.filtered(|name| name != ALERT_NAME);
        if labels.is_empty() && annotations.is_empty() {
            line(yaml, 10, "- {}");
            continue;
        }
        let mut alert = String::new();
        write_texts(&mut alert, 12, "exp_labels", &labels);
        write_texts(&mut alert, 12, "exp_annotations", annotations);
        // The first key stands behind the mark of the list's item.
        yaml.push_str(&alert.replacen("            ", "          - ", 1));
    }
}

fn write_expression_test(yaml: &mut String, test: &ExpressionTest) {
    line(yaml, 6, &format!("- expr: {}", scalar(&test.text)));
    line(yaml, 8, &format!("eval_time: {}", format_duration_ms(test.eval_time_ms)));
    let numbers =
        test.expected.iter().filter_map(|(labels, datum)| Some((labels, datum.number()?)));
    let numbers: Vec<(&Labels, f64)> = numbers.collect();
    if numbers.is_empty() {
        line(yaml, 8, "exp_samples: []");
        return;
    }
    line(yaml, 8, "exp_samples:");
    for (labels, number) in numbers {
        line(yaml, 10, &format!("- labels: {}", scalar(&series_text(labels))));
        line(yaml, 12, &format!("value: {}", yaml_number(number)));
    }
}

/// A map of texts; nothing where it is empty.
fn write_texts(yaml: &mut String, indent: usize, key: &str, texts: &Labels) {
    if texts.is_empty() {
        return;
    }
    line(yaml, indent, &format!("{key}:"));
    for (name, value) in texts.iter() {
        line(yaml, indent + 2, &format!("{}: {}", plain_or_quoted(name), scalar(value)));
    }
}

fn line(yaml: &mut String, indent: usize, content: &str) {
    let _ = writeln!(yaml, "{:indent$}{content}", "");
}

/// A text as a YAML scalar. In double quotes JSON's escapes are YAML's.
fn scalar(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')) {
        return format!("{:?}", Json(text));
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// A key that every reader takes for a text needs no quotes.
fn plain_or_quoted(name: &str) -> String {
    let is_word = name.len() > 1 && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
    let means_something = ["yes", "no", "on", "off", "true", "false", "null"].contains(&name);
    if is_word && !means_something { name.to_owned() } else { scalar(name) }
}

/// A text in JSON's quotes; what is not ASCII and not visible is escaped.
struct Json<'t>(&'t str);

impl std::fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}') => {
                    write!(f, "\\u{:04x}", u32::from(other))?;
                }
                other => f.write_char(other)?,
            }
        }
        f.write_str("\"")
    }
}

/// YAML's infinities and not-a-number begin with a dot.
fn yaml_number(number: f64) -> String {
    let text = format_number(number);
    match text.as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        _ => text,
    }
}

/// A series in the notation of PromQL, with its few escapes.
pub(super) fn series_text(labels: &Labels) -> String {
    let quoted = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("\"{escaped}\"")
    };
    let name = labels.metric_name().unwrap_or_default();
    let bare = is_name(name, true);
    let mut inside: Vec<String> = Vec::new();
    if !bare && !name.is_empty() {
        inside.push(quoted(name));
    }
    for (label, value) in labels.iter().filter(|(label, _)| *label != METRIC_NAME) {
        let label = if is_name(label, false) { label.to_owned() } else { quoted(label) };
        inside.push(format!("{label}={}", quoted(value)));
    }
    let name = if bare { name } else { "" };
    match (name.is_empty(), inside.is_empty()) {
        (false, true) => name.to_owned(),
        _ => format!("{name}{{{}}}", inside.join(", ")),
    }
}

/// Whether a name needs no quotes.
fn is_name(name: &str, colons: bool) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colons && c == ':');
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
rule_files: ["it's.yml"]
evaluation_interval: 250ms
group_eval_order: [b, a]
tests:
  - name: one
    interval: 1s
    external_labels: { region: eu, "y": "1" }
    input_series:
      - { series: 'x{a="b\\c\"d\ne", le="0.5"}', values: '1+2x3 _x4 stale NaN' }
      - { series: '{"with.dots", "and-more"="1"}', values: '0 1 4 9 16 25 36 49 64 81 100 121 144 169 196 225 256 289 324 361 400 441 484 529 576 625 676 729 784 841 900 961 1024' }
    alert_rule_test:
      - { eval_time: 1m, alertname: High }
      - eval_time: 2m
        alertname: High
        exp_alerts:
          - { exp_labels: { severity: page }, exp_annotations: { summary: "is 'so'\n\u0007 {{x}}: #1" } }
          - { exp_annotations: { "no": "on" } }
          - {}
    promql_expr_test:
      - { expr: 'sum(x) > 0', eval_time: 2m, exp_samples: [{ labels: 'x{a="1"}', value: 1e-7 }, { value: -.inf }] }
      - { expr: y, eval_time: 0s }
"#;

    #[test]
    fn what_is_written_is_read_as_what_it_was() {
        let file = TestFile::parse(FILE, "a.test.yml").unwrap();
        let text = file.to_yaml();
        let again =
            TestFile::parse(&text, "a.test.yml").unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        assert_eq!(again.to_yaml(), text);
        let (one, other) = (&file.tests[0], &again.tests[0]);
        let shown = |group: &TestGroup| format!("{:?}", group.input_series);
        assert_eq!(shown(one), shown(other), "{text}");
        assert_eq!(one.external_labels, other.external_labels);
        let alerts = |group: &TestGroup| -> Vec<_> {
            let tests = group.alert_tests.iter();
            tests.map(|test| (test.eval_time_ms, test.expected.clone())).collect()
        };
        assert_eq!(alerts(one), alerts(other), "{text}");
        let samples = |group: &TestGroup| -> Vec<_> {
            group
                .expression_tests
                .iter()
                .map(|one| (one.text.clone(), one.expected.clone()))
                .collect()
        };
        assert_eq!(samples(one), samples(other), "{text}");
        assert_eq!(again.evaluation_interval_ms, 250);
        assert_eq!(again.group_eval_order, ["b", "a"]);
        assert_eq!(again.rule_files[0].0, "it's.yml");
    }

    #[test]
    fn long_values_are_broken_into_lines() {
        let text = TestFile::parse(FILE, "a.test.yml").unwrap().to_yaml();
        assert!(text.contains("values: >-\n          0 1 4 9"), "{text}");
        assert!(text.lines().all(|line| line.len() <= LINE + 12), "{text}");
        assert!(text.contains("        exp_alerts:\n          - exp_labels:\n"), "{text}");
    }
}
