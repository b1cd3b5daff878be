//! The queries of a dashboard, each with what it asks: Prometheus, another query, or somebody
//! else; and as PromQL, with something in the place of each variable.

use slogate_promql::{Expression, ParseError};

use super::choice::Choice;
use super::globals::{Global, global};
use super::model::{Dashboard, Panel, Source, Target, Variable};
use super::variables::{Reference, references, replaced};

/// Stands for `$__rate_interval` in an expression that is only looked at: a range that nobody
/// writes by hand, as grafana/dashboard-linter has one.
const RATE_INTERVAL: &str = "97d13h37m";
/// The same in milliseconds.
pub(super) const RATE_INTERVAL_MS: i64 = ((97 * 24 + 13) * 60 + 37) * 60_000;

/// The value that stands for "all" in a file.
pub(super) const ALL: &str = "$__all";

/// Whom a query asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Prometheus,
    /// Grafana's own expressions over other queries.
    Expression,
    /// Something else, as messages call it.
    Other(String),
}

/// A query, its panel, and what it is as PromQL.
#[derive(Clone, Debug)]
pub(super) struct Query<'b> {
    /// Its panel's place among all panels.
    pub(super) panel_index: usize,
    pub(super) panel: &'b Panel,
    pub(super) target: &'b Target,
    pub(super) asked: Asked,
    /// `None` where it has no expression, or is not for Prometheus.
    pub(super) parsed: Option<Result<Expression, ParseError>>,
}

/// Every query of every panel, in the order of the screen.
pub(super) fn queries(board: &Dashboard) -> Vec<Query<'_>> {
    let panels = board.panels.iter().enumerate();
    panels.flat_map(|(index, panel)| of_panel(board, index, panel)).collect()
}

fn of_panel<'b>(board: &Dashboard, panel_index: usize, panel: &'b Panel) -> Vec<Query<'b>> {
    let of_target = |target: &'b Target| {
        let asked = asked(board, &panel.source, target);
        let is_promql = asked == Asked::Prometheus && !target.expr.trim().is_empty();
        let parsed = is_promql.then(|| Expression::parse(&looked_at(board, &target.expr)));
        Query { panel_index, panel, target, asked, parsed }
    };
    panel.targets.iter().map(of_target).collect()
}

/// Whom a query asks: its own data source, or that of its panel. Where neither says of what
/// kind it is, an expression is taken for PromQL.
pub(super) fn asked(board: &Dashboard, of_panel: &Source, target: &Target) -> Asked {
    let own = [&target.source, of_panel].into_iter().find(|source| **source != Source::default());
    let Some(Source { kind, uid }) = own else { return by_expression(target) };
    match (kind.as_str(), uid.as_str()) {
        ("__expr__", _) | (_, "__expr__") => Asked::Expression,
        ("datasource" | "grafana", _) if uid == "-- Mixed --" => by_expression(target),
        (_, "-- Dashboard --") => Asked::Other("another panel".to_owned()),
        (_, "-- Grafana --" | "grafana") => Asked::Other("Grafana itself".to_owned()),
        ("", _) => by_name(board, uid, target),
        (kind, _) => of_kind(kind),
    }
}

fn by_expression(target: &Target) -> Asked {
    if target.expr.is_empty() {
        Asked::Other("a data source that the file does not name".to_owned())
    } else {
        Asked::Prometheus
    }
}

fn by_name(board: &Dashboard, uid: &str, target: &Target) -> Asked {
    let named = references(uid).first().map(|reference| reference.name);
    let chosen = named.and_then(|name| board.variable(name)).filter(|one| one.kind == "datasource");
    let input = board.inputs.iter().find(|(name, _)| named == Some(name));
    match (chosen, input) {
        (Some(variable), _) => of_kind(&variable.query),
        (None, Some((_, kind))) => of_kind(kind),
        (None, None) => by_expression(target),
    }
}

/// Prometheus itself, and what speaks its language under a name of its own.
fn of_kind(kind: &str) -> Asked {
    if kind.to_lowercase().contains("prometheus") {
        Asked::Prometheus
    } else {
        Asked::Other(format!("a data source of the kind `{kind}`"))
    }
}

/// An expression that can be parsed: within quotes each variable by its plain name, so that
/// checks see which one it is, elsewhere something that fits its place.
pub(super) fn looked_at(board: &Dashboard, expression: &str) -> String {
    replaced(expression, |reference| {
        if reference.is_group() {
            return None;
        }
        if reference.is_quoted {
            return Some(format!("${}", reference.name));
        }
        let Some(variable) = board.variable(reference.name) else {
            return stand_in(reference).map(str::to_owned);
        };
        if is_within_range(expression, reference) {
            return Some("5m".to_owned());
        }
        let value = Choice::OneOfAll(likely_value(variable).into());
        // Without a format it is escaped for a text, and here is none.
        value.text(reference.name, Some(reference.format.unwrap_or("raw"))).ok()
    })
}

/// What can stand in the place of a name that Grafana itself has a value for.
fn stand_in(reference: &Reference<'_>) -> Option<&'static str> {
    match global(reference.name, reference.field)? {
        Global::RateInterval => Some(RATE_INTERVAL),
        Global::Duration => Some("53d7h11m"),
        Global::Number => Some("4604460"),
        Global::Text => Some("text_of_grafana"),
        Global::Elsewhere => None,
    }
}

/// Whether a variable stands between `[` and `]`.
fn is_within_range(expression: &str, reference: &Reference<'_>) -> bool {
    let before = &expression[..reference.start];
    before.rfind('[') > before.rfind(']')
}

/// A value that the variable may have, so that what is around it can be read.
fn likely_value(variable: &Variable) -> String {
    let chosen = variable.current.iter().find(|value| !value.is_empty() && *value != ALL);
    let listed = || match variable.kind.as_str() {
        "custom" | "constant" | "textbox" | "interval" => {
            let first = variable.query.split(',').next().unwrap_or_default();
            let value = first.split(" : ").last().unwrap_or_default().trim();
            Some(value.to_owned()).filter(|value| !value.is_empty())
        }
        _ => None,
    };
    chosen.cloned().or_else(listed).unwrap_or_else(|| variable.name.clone())
}

#[cfg(test)]
mod tests {
    use super::super::fields::Fields;
    use super::super::json::Node;
    use super::*;

    fn board(text: &str) -> Dashboard {
        Dashboard::read(&Node::parse(text).unwrap(), &mut Fields::default())
    }

    #[test]
    fn a_query_asks_its_own_data_source_or_that_of_its_panel() {
        let board = board(
            r#"{"__inputs": [{"name": "DS_X", "pluginId": "loki"}],
                "templating": {"list": [{"name": "ds", "type": "datasource", "query": "prometheus"}]},
                "panels": [{"datasource": {"uid": "$ds"}, "targets": [
                  {"expr": "a"}, {"expr": "b", "datasource": "${DS_X}"},
                  {"datasource": {"type": "__expr__", "uid": "__expr__"}},
                  {"expr": "c", "datasource": {"type": "grafana-azureprometheus-datasource"}},
                  {"expr": "d", "datasource": "a name"}, {"datasource": "-- Dashboard --"}]}]}"#,
        );
        let other = |name: &str| Asked::Other(name.to_owned());
        let found: Vec<_> = queries(&board).into_iter().map(|query| query.asked).collect();
        let expected = [
            Asked::Prometheus,
            other("a data source of the kind `loki`"),
            Asked::Expression,
            Asked::Prometheus,
            Asked::Prometheus,
            other("another panel"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_stand_in_for_the_interval_of_rates_is_read_as_itself() {
        let text = format!("rate(a[{RATE_INTERVAL}])");
        let selectors = Expression::parse(&text).unwrap().surrounded_selectors();
        assert_eq!(selectors[0].range_ms, Some(RATE_INTERVAL_MS));
    }

    #[test]
    fn variables_leave_an_expression_that_can_be_read() {
        let board = board(
            r#"{"templating": {"list": [{"name": "job", "type": "query"},
                {"name": "by", "type": "custom", "query": "pod, node"},
                {"name": "window", "type": "interval", "query": "1m,5m"},
                {"name": "quantile", "type": "custom", "query": "p95 : 0.95"}]}}"#,
        );
        let text = r#"histogram_quantile($quantile, sum by ($by, le) (rate(a{b=~"${job:regex}"}[$window]))) > $nobody"#;
        assert_eq!(
            looked_at(&board, text),
            r#"histogram_quantile(0.95, sum by (pod, le) (rate(a{b=~"$job"}[5m]))) > $nobody"#
        );
        let text = r#"label_replace(a, "x", ${job:doublequote}, "y", "") @ ${__from:date:seconds}"#;
        assert_eq!(looked_at(&board, text), r#"label_replace(a, "x", "job", "y", "") @ 4604460"#);
        assert_eq!(looked_at(&board, "a > ${__org} + $__foo"), "a > 4604460 + $__foo");
        let replaced =
            looked_at(&board, r#"label_replace(a[$__rate_interval], "x", "$1", "y", "")"#);
        assert_eq!(replaced, r#"label_replace(a[97d13h37m], "x", "$1", "y", "")"#);
    }
}
