//! Whatever text comes in, the readers answer with a value or an error: they
//! never panic, overflow the stack or hang. What they print reads back the same.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use slogate_promql::rules::{FileKind, RuleFile};
use slogate_promql::unit_test::{TestFile, parse_values};
use slogate_promql::{
    Expression, Labels, METRIC_NAME, MemorySeries, Options, Template, instant, parse_duration_ms,
    parse_selector,
};

fn config() -> Config {
    Config {
        cases: 512,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Pieces that PromQL is made of, in any order: most are no expression, some are.
fn promql() -> impl Strategy<Value = String> {
    let pieces = [
        "x",
        "up",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "5m",
        ":",
        "=",
        "=~",
        "!=",
        "\"a\"",
        "'",
        ",",
        " by ",
        "sum",
        "rate",
        "+",
        "-",
        "^",
        "*",
        "1",
        "1e9",
        "Inf",
        "offset",
        "@",
        "start()",
        " on ",
        " bool ",
        "group_left",
        " or ",
        " and ",
        "topk",
        "quantile",
        ">",
        "é",
        "\\",
        "0x",
        "_",
        "ignoring",
        "#",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..12)
        .prop_map(|pieces| pieces.concat())
}

/// Native histograms with fields of any value, and what may follow one.
fn histograms() -> impl Strategy<Value = String> {
    let field = prop::sample::select(vec![
        "schema:0",
        "schema:8",
        "schema:-4",
        "schema:-53",
        "schema:2147483647",
        "schema:-9",
        "sum:1",
        "sum:NaN",
        "sum:-Inf",
        "count:4",
        "count:-4",
        "count:NaN",
        "count:Inf",
        "z_bucket:2",
        "z_bucket:-1",
        "z_bucket_w:0.5",
        "z_bucket_w:Inf",
        "z_bucket_w:NaN",
        "z_bucket_w:-1",
        "buckets:[1 2 1]",
        "buckets:[-1 NaN Inf]",
        "buckets:[]",
        "buckets:[1",
        "offset:-5",
        "offset:1048576",
        "offset:-1048576",
        "offset:2147483647",
        "n_offset:3",
        "n_buckets:[3 0 4]",
        "n_buckets:[1e308 1e308]",
        "custom_values:[1 2 3]",
        "custom_values:[-Inf 0 Inf]",
        "custom_values:[2 1]",
        "counter_reset_hint:gauge",
        "counter_reset_hint:reset",
        "counter_reset_hint:what",
    ]);
    let fields = prop::collection::vec(field, 0..6);
    let histogram = fields.prop_map(|fields| format!("{{{{{}}}}}", fields.join(" ")));
    let after = prop::sample::select(vec![
        "",
        "x3",
        "x1000000",
        "x99999999999",
        "+{{count:1 buckets:[1]}}x3",
        "-{{schema:-4 count:1 buckets:[0 1]}}x3",
        "+{{buckets:[1 1]}}x1000000",
        "+{{schema:-53 custom_values:[1 2] buckets:[1]}}x2",
        "+",
        "{{",
        "x",
        " stale 5",
    ]);
    (histogram, after).prop_map(|(histogram, after)| format!("{histogram}{after}"))
}

/// Loads two texts as series of a minute, as far as they are ones, and evaluates
/// everything that looks into histograms.
fn evaluate_all(text: &str, other: &str) {
    let mut store = MemorySeries::default();
    for (label, text) in [("a", text), ("b", other)] {
        let labels = Labels::new([(METRIC_NAME, "h"), ("l", label)]);
        for (at, datum) in (0..).zip(parse_values(text).unwrap_or_default()).take(10) {
            if let Some(datum) = datum {
                store.append_datum(&labels, at * 60_000, &datum);
            }
        }
    }
    for text in [
        "rate(h[5m])",
        "delta(h[5m])",
        "irate(h[5m])",
        "idelta(h[5m])",
        "resets(h[5m])",
        "changes(h[5m])",
        "avg_over_time(h[5m])",
        "sum_over_time(h[5m])",
        "sum(h)",
        "avg(h)",
        "count_values(\"v\", h)",
        "h - on () group_left () sum(h)",
        "h == h",
        "h / 0",
        "h * NaN",
        "-h",
        "histogram_quantile(0.3, h)",
        "histogram_quantile(0.9, h)",
        "histogram_fraction(-1, 2, h)",
        "histogram_stddev(h)",
        "increase(h[5m:30s])",
    ] {
        let expression = Expression::parse(text);
        assert!(expression.is_ok(), "{text}");
        let _ = expression.map(|one| instant(&one, &store, 300_000, &Options::default()));
    }
}

/// Expressions of every kind, as text.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "x",
        "x{a=\"1\",b!~\"c.*\"}",
        "1.5",
        "x offset 5m",
        "x @ 10.000",
        "rate(x[5m])",
        "vector(1)",
        "max_over_time(x[1h:1m])",
        "x @ end() offset -1m",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 2, |inner| {
        let operator = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "atan2",
            "== bool",
            "> bool",
            "+ on (a)",
            "* on (a) group_left (b)",
            "- ignoring (a)",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(l, o, r)| format!("({l}) {o} ({r})")),
            inner.clone().prop_map(|e| format!("sum by (a) (vector(1) * ({e}))")),
            inner.clone().prop_map(|e| format!("-({e})")),
            inner.prop_map(|e| format!("abs(vector(1) + ({e}))")),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn pieces_of_expressions_are_read_or_refused(text in promql()) {
        let _ = Expression::parse(&text);
        let _ = parse_selector(&text);
        let _ = Labels::parse(&text);
    }

    #[test]
    fn pieces_of_histograms_are_read_or_refused(text in histograms()) {
        let _ = parse_values(&text);
    }

    #[test]
    fn histograms_of_any_shape_are_evaluated(text in histograms(), other in histograms()) {
        evaluate_all(&text, &other);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = Expression::parse(&text);
        let _ = Labels::parse(&text);
        let _ = Template::parse(&text);
        let _ = parse_values(&text);
        let _ = parse_duration_ms(&text);
        let _ = FileKind::of(&text, "x");
        let _ = RuleFile::parse(&text, "x");
        let _ = TestFile::parse(&text, "x");
    }

    #[test]
    fn pieces_of_templates_are_read_or_refused(text in "(\\{\\{|\\}\\}|-| |\\$x|\\.|\"|`|\\(|\\)|\\||:=|if|end|range|1|/\\*|\\*/|é|printf){0,12}") {
        let _ = Template::parse(&text);
    }

    #[test]
    fn an_expression_that_is_printed_reads_back_the_same(text in expression()) {
        // Some of them are refused, for types that do not fit.
        if let Ok(expression) = Expression::parse(&text) {
            let printed = expression.to_string();
            let again = Expression::parse(&printed)
                .unwrap_or_else(|error| panic!("{text} became {printed}: {error}"));
            prop_assert_eq!(again.to_string(), printed);
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("(", ")"), ("-", ""), ("abs(", ")"), ("1 + (", ")")] {
        let text = format!("{}x{}", open.repeat(20_000), close.repeat(20_000));
        assert!(Expression::parse(&text).is_err(), "{open}");
    }
    let text = format!("{}1", "1 + ".repeat(20_000));
    assert!(Expression::parse(&text).is_err());
}

#[test]
fn the_deepest_expressions_that_are_allowed_are_evaluated() {
    let store = MemorySeries::default();
    for text in [
        format!("{}1{}", "(".repeat(149), ")".repeat(149)),
        format!("{}1", "1 + ".repeat(149)),
        format!("{}1{}", "abs(".repeat(148) + "vector(", ")".repeat(149)),
        format!("{}1", "-".repeat(149)),
    ] {
        let expression = Expression::parse(&text).unwrap();
        let options = Options::default();
        assert!(instant(&expression, &store, 0, &options).is_ok());
        assert!(!expression.to_string().is_empty());
    }
}

#[test]
fn deep_files_and_templates_are_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let text = format!("{}x{}", open.repeat(20_000), close.repeat(20_000));
        assert!(RuleFile::parse(&text, "x").is_err(), "{open}");
    }
    let parentheses = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(Template::parse(&parentheses).is_err());
    let conditions = "{{ if true }}".repeat(20_000) + &"{{ end }}".repeat(20_000);
    assert!(Template::parse(&conditions).is_err());
    let alternatives =
        "{{ if true }}".to_owned() + &"{{ else if true }}".repeat(20_000) + "{{ end }}";
    assert!(Template::parse(&alternatives).is_err());
}

#[test]
fn what_would_run_for_hours_is_refused() {
    let store = MemorySeries::default();
    let expression = Expression::parse("count_over_time(vector(1)[100y:1ms])").unwrap();
    let options = Options::default();
    let error = instant(&expression, &store, 0, &options).unwrap_err();
    assert!(error.to_string().contains("steps"), "{error}");
    let tests =
        "{evaluation_interval: 1ms, tests: [{promql_expr_test: [{expr: x, eval_time: 100y}]}]}";
    let errors = TestFile::parse(tests, "x").unwrap_err();
    assert!(errors[0].message.contains("evaluations"), "{errors:?}");
}
