//! Whatever text comes in, the readers answer with a value or an error: they
//! never panic, overflow the stack or hang. What they print reads back the same.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use slogate_promql::rules::{FileKind, RuleFile};
use slogate_promql::unit_test::{TestFile, parse_values};
use slogate_promql::{Expression, Labels, Template, parse_duration_ms, parse_selector};

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
    let store = slogate_promql::MemorySeries::default();
    for text in [
        format!("{}1{}", "(".repeat(149), ")".repeat(149)),
        format!("{}1", "1 + ".repeat(149)),
        format!("{}1{}", "abs(".repeat(148) + "vector(", ")".repeat(149)),
        format!("{}1", "-".repeat(149)),
    ] {
        let expression = Expression::parse(&text).unwrap();
        let options = slogate_promql::Options::default();
        assert!(slogate_promql::instant(&expression, &store, 0, &options).is_ok());
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
