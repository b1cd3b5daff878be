//! What templates write: promtool 3 finds in each annotation what the built-in engine put there.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::json;
use slogate_promql::rules::RuleFile;
use slogate_promql::unit_test::{TestFile, observe};

use super::support::Workspace;
use super::support::generations::promtools;

/// Values of all sizes, whole and not; every template of [`OF_VALUES`] sees each of them.
const VALUES: &[&str] = &[
    "0",
    "-0",
    "1",
    "99999",
    "99999.5",
    "100000",
    "999999",
    "999999.5",
    "1e6",
    "1234567",
    "2097152",
    "-7654321.5",
    "12345678",
    "1e7",
    "1e15",
    "1e20",
    "1e21",
    "1.5e22",
    "0.1",
    "0.001",
    "0.0001",
    "0.00001234",
    "1e-5",
    "1e-6",
    "1.5e-7",
    "0.333333333333",
    "Inf",
    "-Inf",
    "NaN",
];

/// Seconds that do not fit into 64 bits: what Go makes of them depends on the processor.
const TOO_LONG: &[&str] = &["1e20", "1e21", "1.5e22"];

const OF_VALUES: &[&str] = &[
    "{{ $value }} {{ .Value }} {{ print $value $value }} {{ println $value }}",
    "{{ printf \"%v|%g|%G|%e|%E|%f|%F|%b|%x|%X|%T\" $value $value $value $value $value $value \
     $value $value $value $value $value }}",
    "{{ printf \"%d|%s|%q|%t|%c|%o\" $value $value $value $value $value $value }}",
    "{{ printf \"%.3v|%.3g|%.0f|%.2e|%12v|%-12v|%012v|%+v|% v|%+g|%+.2f\" $value $value $value \
     $value $value $value $value $value $value $value $value }}",
    "{{ humanize $value }} {{ humanize1024 $value }} {{ humanizePercentage $value }} {{ \
     humanizeDuration $value }}",
    "{{ query (printf \"%s == %s or %s != %s\" $labels.__name__ $labels.__name__ \
     $labels.__name__ $labels.__name__) | first | value }}",
    "{{ query (printf \"count_values(`v`, %s)\" $labels.__name__) | first | label \"v\" }}",
    "{{ with toTime 1709251199.25 }}{{ . }} {{ .Year }} {{ .Month }} {{ .Day }} {{ .Weekday }} \
     {{ .YearDay }} {{ .Hour }} {{ .Minute }} {{ .Second }} {{ .Unix }} {{ .UnixMilli }} {{ .UTC }} \
     {{ .String }} {{ .Format \"Mon, 02 Jan 2006 15:04:05 MST\" }} {{ \"3:4:5.000 PM\" | .Format }} \
     {{ .UTC.Format \"Monday January _2 1/2/06 -0700 Z07:00 __2 002 .999\" }} {{ printf \"%v\" . }} {{ \
     printf \"%s|%T\" . . }} {{ print . $value }}{{ end }} {{ toTime 0 }} {{ toTime -0.5 }}",
    "{{ args $value 1 \"a\" }} {{ urlquery $value }} {{ html $value }}",
];

/// Templates that no value changes.
const OTHERS: &[&str] = &[
    "{{ 1e20 }} {{ 1000000 }} {{ 1000000.0 }} {{ 999999.5 }} {{ 1e6 | humanize }}",
    "{{ printf \"%v|%6d|%-6d|%06d|%+d|%b|%o|%O|%x|%X|%c|%q|%U|%T\" 255 255 255 255 255 255 255 \
     255 255 255 255 255 255 255 }}",
    "{{ printf \"%06x|%06O|%06c|%06q|%06T|%+x|% d|%.5d|%8.3d\" 255 255 255 255 255 255 255 42 \
     -42 }}",
    "{{ printf \"%t|%s|%e|%6t|%+t|%06g\" 255 255 255 255 255 255 }}",
    "{{ printf \"%v|%12s|%.2s|%-8v|%q|%x|%X|%.2x|%12x|%T|%d|%6d\" \"añb\" \"añb\" \"añb\" \"añb\" \
     \"añb\" \"añb\" \"añb\" \"añb\" \"añb\" \"añb\" \"añb\" \"añb\" }}",
    "{{ printf \"%t|%v|%5t|%T|%d\" true true true true true }}",
    "{{ printf \"%v %d %v\" nil nil }}{{ printf \"a\" 1 2.5 }}",
    "{{ printf \"%s|%d|%x\" $labels $labels $labels }}",
    "{{ range 3 }}{{ . }},{{ end }}{{ range $i := 2 }}{{ $i }}{{ else }}x{{ end }}",
    "{{ define \"x\" }}[{{ . }}{{ $ }}]{{ end }}{{ template \"x\" $value }}{{ template \"x\" }}",
    "{{ range 2 }}{{ block \"y\" . }}<{{ . }}>{{ end }}{{ end }}",
    "{{ humanizeTimestamp 1234567890.5 }}|{{ 1e9 | humanizeTimestamp }}|{{ humanizeTimestamp \
     -0.25 }}|{{ humanizeTimestamp \"NaN\" }}|{{ humanizeTimestamp \"+Inf\" }}",
    "{{ html \"<a'&\\\"\" 1 2.5 }} {{ urlquery \"a b\" 1 2 \"&\" }} {{ js \"a'<>&=\\n\\\"é\\\\\" }}",
    "{{ slice \"hello\" 1 3 }}|{{ slice \"hello\" 2 }}|{{ slice \"hello\" }}|{{ slice (query \
     \"m0\") 0 1 | len }}",
    "{{ query \"m12\" | first }}",
];

#[test]
fn templates_write_what_promtool_3_writes() {
    for tool in promtools().filter(|tool| tool.major() >= 3) {
        let workspace = Workspace::new();
        let rules = rules();
        let tests = expecting(&rules);
        std::fs::write(workspace.path().join("rules.yml"), rules).unwrap();
        let file = workspace.path().join("rules.test.yml");
        std::fs::write(&file, tests).unwrap();
        let output =
            Command::new(&tool.program).args(["test", "rules"]).arg(file).output().unwrap();
        let told =
            String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "promtool {}:\n{told}", tool.version);
    }
}

/// One alert for each value, and for each annotation that is looked at.
fn rules() -> String {
    let alert = |at: usize, template: &str, name: String| {
        let metric = format!("m{at}");
        let expr = format!("{metric} == {metric} or {metric} != {metric}");
        json!({ "alert": name, "expr": expr, "annotations": { "text": template } })
    };
    let mut alerts = Vec::new();
    for (at, value) in VALUES.iter().enumerate() {
        for (which, template) in OF_VALUES.iter().enumerate() {
            if TOO_LONG.contains(value) && template.contains("humanizeDuration") {
                continue;
            }
            alerts.push(alert(at, template, format!("Of{at}With{which}")));
        }
    }
    for (which, template) in OTHERS.iter().enumerate() {
        alerts.push(alert(2, template, format!("Other{which}")));
    }
    json!({ "groups": [{ "name": "g", "rules": alerts }] }).to_string()
}

/// Tests that expect of every alert what the built-in engine makes of it.
fn expecting(rules: &str) -> String {
    let mut series = String::new();
    for (at, value) in VALUES.iter().enumerate() {
        let _ = write!(series, "{{series: 'm{at}{{l=\"x\"}}', values: '{value}'}},");
    }
    let input = format!("interval: 1m, input_series: [{series}]");
    let file = TestFile::parse(&format!("tests: [{{{input}}}]"), "tests.yml").unwrap();
    let rules = RuleFile::parse(rules, "rules.yml").unwrap();
    let observed = observe(&file, &file.tests[0], &[rules], 0).unwrap();
    let tests = observed[0].firing.iter().map(|(alert, firing)| {
        assert_eq!(firing.len(), 1, "{alert}");
        let annotation = firing[0].annotations.get("text").unwrap();
        assert!(!annotation.contains("<error"), "{alert}: {annotation}");
        let expected =
            json!([{ "exp_labels": { "l": "x" }, "exp_annotations": { "text": annotation } }]);
        json!({ "eval_time": "0m", "alertname": alert, "exp_alerts": expected })
    });
    let tests = serde_json::Value::from(tests.collect::<Vec<_>>());
    format!("rule_files: [rules.yml]\ntests: [{{{input}, alert_rule_test: {tests}}}]\n")
}
