//! Rule files from YAML: the format of Prometheus' `rulefmt`, all problems with
//! their places.

use super::{Alerting, Group, Rule, RuleFile, RuleKind, UnknownFields};
use crate::yaml::{self, Fields, NamedText, Node, Problem, collect, yaml_number};
use crate::{Expression, METRIC_NAME, Place, Template};

const FILE_FIELDS: &[&str] = &["groups"];
const GROUP_FIELDS: &[&str] = &["name", "interval", "query_offset", "limit", "labels", "rules"];
const RULE_FIELDS: &[&str] =
    &["record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"];

pub(super) fn parse(
    text: &str,
    name: &str,
    unknown: UnknownFields,
) -> Result<RuleFile, Vec<Problem>> {
    let root = yaml::parse(text).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let fields = Fields::of(&root, "a rule file", FILE_FIELDS, &mut problems);
    let mut groups: Vec<Group> = Vec::new();
    for node in fields.list("groups", &mut problems) {
        let Some(group) = group(node, &mut problems) else {
            continue;
        };
        if groups.iter().any(|earlier| earlier.name == group.name) {
            let message = format!("the group name `{}` is repeated in this file", group.name);
            problems.push(node.problem(message));
        }
        groups.push(group);
    }
    unknown.forgive(&mut problems);
    if problems.is_empty() { Ok(RuleFile { name: name.to_owned(), groups }) } else { Err(problems) }
}

fn group(node: &Node, problems: &mut Vec<Problem>) -> Option<Group> {
    let fields = Fields::of(node, "a group", GROUP_FIELDS, problems);
    let name = fields.text("name", problems).filter(|name| !name.is_empty());
    if name.is_none() {
        problems.push(node.problem("a group needs a `name`"));
    }
    let limit = fields.read("limit", problems, limit);
    let group_rules = fields.list("rules", problems);
    let is_alert = |node: &Node| {
        node.map("a rule").is_ok_and(|pairs| pairs.iter().any(|(key, _)| key.name == "alert"))
    };
    let are_templates = group_rules.iter().any(is_alert);
    let labels = labels(fields.texts("labels", problems), are_templates, problems);
    let rules = group_rules.iter().filter_map(|node| rule(node, &labels, problems)).collect();
    Some(Group {
        name: name?,
        interval_ms: fields.duration_ms("interval", problems),
        query_offset_ms: fields.duration_ms("query_offset", problems).unwrap_or(0),
        limit: limit.unwrap_or(0),
        rules,
        place: node.place,
    })
}

/// The most series or alerts, as YAML writes a whole number; a negative one is none, as 0 is,
/// and a fraction is left out.
fn limit(node: &Node) -> Result<usize, Problem> {
    let text = node.text("limit")?;
    match yaml_number(text).filter(|number| !node.is_quoted && number.is_finite()) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as Go does")]
        Some(number) => Ok(number.max(0.0) as usize),
        None => Err(node.problem(format!("`{text}` is not a limit; write a count"))),
    }
}

fn rule(
    node: &Node,
    group_labels: &[(String, Template)],
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let fields = Fields::of(node, "a rule", RULE_FIELDS, problems);
    let named = named(node, &fields, problems);
    let expression = expression(node, &fields, problems);
    let for_ms = fields.duration_ms("for", problems).unwrap_or(0);
    let keep_firing_for_ms = fields.duration_ms("keep_firing_for", problems).unwrap_or(0);
    let are_templates = named.as_ref().is_none_or(|(_, is_alert)| *is_alert);
    let mut labels = labels(fields.texts("labels", problems), are_templates, problems);
    inherit(&mut labels, group_labels, are_templates);
    let annotations = templates(fields.texts("annotations", problems), problems);
    let (name, is_alert) = named?;
    let (expression, expression_place) = expression?;
    let kind = if is_alert {
        RuleKind::Alerting(Alerting { for_ms, keep_firing_for_ms, annotations })
    } else {
        refuse_alert_fields(&fields, problems);
        RuleKind::Recording
    };
    Some(Rule { name, kind, expression, labels, place: node.place, expression_place })
}

/// Adds the labels of the group that the rule has none of its own of.
fn inherit(
    labels: &mut Vec<(String, Template)>,
    of_group: &[(String, Template)],
    are_templates: bool,
) {
    let own = labels.len();
    for (name, template) in of_group {
        if labels[..own].iter().any(|(known, _)| known == name) {
            continue;
        }
        let text = || Template::verbatim(template.source());
        labels.push((name.clone(), if are_templates { template.clone() } else { text() }));
    }
}

/// The rule's name, and whether it is an alert.
fn named(node: &Node, fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<(String, bool)> {
    let record = fields.text("record", problems).filter(|name| !name.is_empty());
    let alert = fields.text("alert", problems).filter(|name| !name.is_empty());
    match (record, alert) {
        (Some(metric), None) if metric.contains(['{', '}']) => {
            let message = format!("`{metric}` is no metric name; put label matchers into `expr`");
            problems.push(node.problem(message));
            None
        }
        (Some(metric), None) => Some((metric, false)),
        (None, Some(name)) => Some((name, true)),
        (Some(_), Some(_)) => {
            problems.push(node.problem("a rule has either `record` or `alert`, not both"));
            None
        }
        (None, None) => {
            problems.push(node.problem("a rule needs `record` or `alert`"));
            None
        }
    }
}

fn expression(
    node: &Node,
    fields: &Fields<'_>,
    problems: &mut Vec<Problem>,
) -> Option<(Expression, Place)> {
    let Some(expression) = fields.get("expr") else {
        problems.push(node.problem("a rule needs an `expr`"));
        return None;
    };
    let text = collect(expression.text("expr"), problems)?;
    let parsed = Expression::parse(text).map_err(|error| expression.problem(error.to_string()));
    Some((collect(parsed, problems)?, expression.place))
}

fn refuse_alert_fields(fields: &Fields<'_>, problems: &mut Vec<Problem>) {
    for name in ["for", "keep_firing_for", "annotations"] {
        if let Some(node) = fields.get(name) {
            problems.push(node.problem(format!("`{name}` is for alerts, not for recording rules")));
        }
    }
}

/// Labels of alerts are templates, those of recording rules are texts whatever is in them.
fn labels(
    texts: Vec<NamedText<'_>>,
    are_templates: bool,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Template)> {
    for text in &texts {
        let name = &text.key.name;
        if name.is_empty() || name == METRIC_NAME {
            let message = format!("`{name}` cannot be set as a label");
            problems.push(Problem::new(text.key.place, message));
        }
    }
    if are_templates {
        return templates(texts, problems);
    }
    let verbatim = |one: NamedText<'_>| (one.key.name.clone(), Template::verbatim(one.text));
    texts.into_iter().map(verbatim).collect()
}

fn templates(texts: Vec<NamedText<'_>>, problems: &mut Vec<Problem>) -> Vec<(String, Template)> {
    let mut templates = Vec::with_capacity(texts.len());
    for NamedText { key, node, text } in texts {
        let parsed = Template::parse(text)
            .map_err(|error| node.problem(format!("{error} in the template of `{}`", key.name)));
        if let Some(template) = collect(parsed, problems) {
            templates.push((key.name.clone(), template));
        }
    }
    templates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleError;

    fn problems(text: &str) -> Vec<String> {
        let errors: Vec<RuleError> = RuleFile::parse(text, "rules.yml").unwrap_err();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reads_groups_and_rules() {
        let text = "
groups:
  - name: export
    interval: 30s
    labels: { team: a }
    rules:
      - record: x:rate
        expr: rate(x[5m])
      - alert: High
        expr: |
          x > 1
        for: 5m
        labels: { severity: page }
        annotations: { summary: '{{ $value }}' }
";
        let file = RuleFile::parse(text, "rules.yml").unwrap();
        let [group] = file.groups.as_slice() else { panic!("one group") };
        assert_eq!(group.interval_ms, Some(30_000));
        let RuleKind::Alerting(alert) = &group.rules[1].kind else { panic!("an alert") };
        assert_eq!(alert.for_ms, 300_000);
        let labels = group.rules[1].labels.iter().map(|(name, _)| name.as_str());
        assert_eq!(labels.collect::<Vec<_>>(), ["severity", "team"]);
    }

    #[test]
    fn labels_are_templates_of_alerts_alone() {
        let file = |rule: &str| {
            format!("groups: [{{name: g, labels: {{team: '{{{{ a }}}}'}}, rules: [{{{rule}}}]}}]")
        };
        let recording = file("record: r, expr: x, labels: {b: '{{ c }} {{'}");
        let read = RuleFile::parse(&recording, "rules.yml").unwrap();
        let labels = &read.groups[0].rules[0].labels;
        let texts: Vec<_> = labels.iter().map(|(_, value)| value.source()).collect();
        assert_eq!(texts, ["{{ c }} {{", "{{ a }}"]);
        let found = problems(&file("alert: A, expr: x, labels: {b: '{{ c }}'}"));
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_limit_is_a_whole_number_of_yaml() {
        let limit = |text: &str| {
            RuleFile::parse(&format!("groups: [{{name: g, limit: {text}, rules: []}}]"), "r.yml")
                .map(|file| file.groups[0].limit)
                .ok()
        };
        for (text, read) in [
            ("5", 5),
            ("-1", 0),
            ("1.5", 1),
            ("1_0", 10),
            ("0x10", 16),
            ("1e3", 1_000),
            ("017", 15),
        ] {
            assert_eq!(limit(text), Some(read), "{text}");
        }
        for text in ["many", "'5'", ".inf", "-"] {
            assert_eq!(limit(text), None, "{text}");
        }
    }

    #[test]
    fn reports_every_problem_with_its_place() {
        let text = "
groups:
  - name: a
    rules:
      - alert: A
        expr: 'x +'
        annotation: {}
      - expr: 1
  - name: a
";
        let found = problems(text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("rules.yml:7:9: unknown field `annotation`"), "{found:?}");
        assert!(found[1].starts_with("rules.yml:6:15: "), "{found:?}");
        assert!(found[2].starts_with("rules.yml:8:9: a rule needs `record` or `alert`"));
        assert!(found[3].contains("repeated"), "{found:?}");
    }

    #[test]
    fn finds_rules_that_make_the_same_series() {
        let text = "
groups:
  - name: a
    rules:
      - { record: x, expr: '1' }
      - { record: x, expr: '2', labels: { a: b } }
      - { record: x, expr: '3' }
";
        let file = RuleFile::parse(text, "rules.yml").unwrap();
        let lines = file.duplicates().iter().map(|rule| rule.place.line).collect::<Vec<_>>();
        assert_eq!(lines, [7]);
    }
}
