//! What of a dashboard is looked at: panels, their queries, variables and data sources, each
//! with its place. What only Grafana draws with is not read.

use super::fields::Fields;
use super::json::{Node, Value};

/// A dashboard.
#[derive(Clone, Debug, Default)]
pub(super) struct Dashboard {
    pub(super) title: String,
    /// Its id, by which links name it.
    pub(super) uid: String,
    /// Whether somebody can change it in Grafana; so it is unless the file says otherwise.
    pub(super) editable: bool,
    pub(super) variables: Vec<Variable>,
    /// Everything that shows something, rows left out, in the order of the screen.
    pub(super) panels: Vec<Panel>,
    /// Queries of annotations.
    pub(super) annotations: Vec<Target>,
    /// Data sources that somebody chooses when the file is imported: name, and kind.
    pub(super) inputs: Vec<(String, String)>,
}

/// A data source as a panel, query or variable names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// `prometheus`, `loki`, `__expr__`; empty where the file does not say.
    pub(super) kind: String,
    /// Its id, or a variable in its place; of old files its name.
    pub(super) uid: String,
}

/// A variable of the dashboard.
#[derive(Clone, Debug, Default)]
pub(super) struct Variable {
    /// Bytes from the start of the file.
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) label: String,
    /// `query`, `custom`, `datasource`, …
    pub(super) kind: String,
    pub(super) query: String,
    /// Where the query's text begins.
    pub(super) query_at: usize,
    /// What of each value counts, `/(.*):.*/`; empty where all of it does.
    pub(super) regex: String,
    pub(super) source: Source,
    pub(super) multi: bool,
    pub(super) include_all: bool,
    pub(super) all_value: String,
    /// 0 never, 1 when the dashboard is opened, 2 when its time changes too.
    pub(super) refresh: f64,
    /// The values that were chosen when the file was written; `$__all` is all.
    pub(super) current: Vec<String>,
}

/// A panel.
#[derive(Clone, Debug, Default)]
pub(super) struct Panel {
    /// Bytes from the start of the file.
    pub(super) at: usize,
    pub(super) id: Option<f64>,
    /// `timeseries`, `stat`, …
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) description: String,
    /// The row that it stands in.
    pub(super) row: Option<String>,
    pub(super) source: Source,
    pub(super) targets: Vec<Target>,
    /// The unit of its values, or of an override.
    pub(super) unit: String,
    /// Whether values are shown as texts: mappings, or a field that is no number.
    pub(super) shows_texts: bool,
    /// The least step: `15s`.
    pub(super) interval: String,
    /// The most points that are asked for.
    pub(super) max_points: Option<f64>,
    /// A variable for each of whose values it is drawn.
    pub(super) repeat: Option<String>,
    /// The panel of the library that it is.
    pub(super) library: Option<String>,
    /// How many transformations its answers go through.
    pub(super) transformations: usize,
}

/// A query of a panel.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// Where its expression begins, or the query where it has none.
    pub(super) at: usize,
    /// Its place among the queries of its panel, from 0.
    pub(super) index: usize,
    /// `A`, `B`, …
    pub(super) ref_id: String,
    /// PromQL with Grafana's variables.
    pub(super) expr: String,
    pub(super) source: Source,
    /// `{{format}} of {{instance}}`.
    pub(super) legend: String,
    /// Asked for at the end of the time that is shown.
    pub(super) instant: bool,
    /// Asked for over the time that is shown.
    pub(super) range: bool,
    /// Asked and not drawn.
    pub(super) hidden: bool,
    /// The least step: `15s`.
    pub(super) interval: String,
    /// The panel whose answer this one takes.
    pub(super) panel_id: Option<f64>,
}

impl Panel {
    /// What messages call it.
    pub(super) fn name(&self) -> String {
        match (self.title.as_str(), self.id) {
            ("", Some(id)) => format!("panel {id}"),
            ("", None) => "a panel without title or id".to_owned(),
            (title, _) => title.to_owned(),
        }
    }
}

impl Dashboard {
    /// The variable of a name.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.name == name)
    }

    /// The variable by which somebody chooses the data source.
    pub(super) fn source_variable(&self) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.kind == "datasource")
    }

    /// Reads what a document holds; wrong types are noted in `fields`.
    pub(super) fn read(root: &Node, fields: &mut Fields) -> Self {
        let editable = fields.flag(root, "editable").unwrap_or(true);
        let variables = root.get("templating").map(|node| fields.list(node, "list"));
        let annotations = root.get("annotations").map(|node| fields.list(node, "list"));
        let inputs = fields.list(root, "__inputs");
        Self {
            title: fields.text(root, "title"),
            uid: fields.text(root, "uid"),
            editable,
            variables: each(variables.unwrap_or_default(), fields, variable),
            panels: panels(root, fields),
            annotations: each(annotations.unwrap_or_default(), fields, annotation),
            inputs: each(inputs, fields, |node, fields| {
                (fields.text(node, "name"), fields.text(node, "pluginId"))
            }),
        }
    }
}

fn each<T>(
    nodes: &[Node],
    fields: &mut Fields,
    mut read: impl FnMut(&Node, &mut Fields) -> T,
) -> Vec<T> {
    let mut made = Vec::new();
    for node in nodes {
        if fields.is_object(node) {
            made.push(read(node, fields));
        }
    }
    made
}

/// Panels of the dashboard, those of collapsed rows, and those of the rows of old files.
fn panels(root: &Node, fields: &mut Fields) -> Vec<Panel> {
    let mut found = Vec::new();
    for row in fields.list(root, "rows") {
        if fields.is_object(row) {
            let heading = Row::read(row, fields);
            add(fields.list(row, "panels"), &heading, fields, &mut found);
        }
    }
    add(fields.list(root, "panels"), &Row::default(), fields, &mut found);
    found
}

/// What the row above a panel says.
#[derive(Clone, Debug, Default)]
struct Row {
    title: Option<String>,
    repeat: Option<String>,
}

impl Row {
    fn read(node: &Node, fields: &mut Fields) -> Self {
        let title = Some(fields.text(node, "title"));
        Self { title, repeat: repeat(node, fields) }
    }
}

fn repeat(node: &Node, fields: &mut Fields) -> Option<String> {
    Some(fields.text(node, "repeat")).filter(|name| !name.is_empty())
}

fn add(nodes: &[Node], within: &Row, fields: &mut Fields, found: &mut Vec<Panel>) {
    let mut row = within.clone();
    for node in nodes {
        if !fields.is_object(node) {
            continue;
        }
        if fields.text(node, "type") != "row" {
            found.push(panel(node, &row, fields));
            // Nothing but rows holds panels; what does is looked into all the same.
            add(fields.list(node, "panels"), &row, fields, found);
            continue;
        }
        row = Row::read(node, fields);
        add(fields.list(node, "panels"), &row, fields, found);
    }
}

fn panel(node: &Node, row: &Row, fields: &mut Fields) -> Panel {
    let targets = each(fields.list(node, "targets"), fields, target);
    let targets = targets.into_iter().enumerate();
    Panel {
        at: node.at,
        id: fields.number(node, "id"),
        kind: fields.text(node, "type"),
        title: fields.text(node, "title"),
        description: fields.text(node, "description"),
        row: row.title.clone(),
        source: source(node, fields),
        targets: targets.map(|(index, target)| Target { index, ..target }).collect(),
        unit: unit(node, fields),
        shows_texts: shows_texts(node),
        interval: fields.text(node, "interval"),
        max_points: fields.number(node, "maxDataPoints"),
        repeat: repeat(node, fields).or_else(|| row.repeat.clone()),
        library: node.get("libraryPanel").map(|library| fields.text(library, "name")),
        transformations: fields.list(node, "transformations").len(),
    }
}

fn target(node: &Node, fields: &mut Fields) -> Target {
    Target {
        at: node.get("expr").unwrap_or(node).at,
        index: 0,
        ref_id: fields.text(node, "refId"),
        expr: fields.text(node, "expr"),
        source: source(node, fields),
        legend: fields.text(node, "legendFormat"),
        instant: fields.flag(node, "instant").unwrap_or(false),
        range: fields.flag(node, "range").unwrap_or(false),
        hidden: fields.flag(node, "hide").unwrap_or(false),
        interval: fields.text(node, "interval"),
        panel_id: fields.number(node, "panelId"),
    }
}

/// The query of an annotation: newer files have it in an object of its own.
fn annotation(node: &Node, fields: &mut Fields) -> Target {
    let inside = node.get("target").filter(|inside| inside.get("expr").is_some());
    Target {
        ref_id: fields.text(node, "name"),
        source: source(node, fields),
        ..target(inside.unwrap_or(node), fields)
    }
}

fn variable(node: &Node, fields: &mut Fields) -> Variable {
    let query = node.get("query");
    let text = query.and_then(|query| query.get("query")).or(query);
    Variable {
        at: node.at,
        name: fields.text(node, "name"),
        label: fields.text(node, "label"),
        kind: fields.text(node, "type"),
        query: text.and_then(Node::text).unwrap_or_default().to_owned(),
        query_at: text.unwrap_or(node).at,
        regex: fields.text(node, "regex"),
        source: source(node, fields),
        multi: fields.flag(node, "multi").unwrap_or(false),
        include_all: fields.flag(node, "includeAll").unwrap_or(false),
        all_value: fields.text(node, "allValue"),
        refresh: match node.get("refresh").map(|refresh| &refresh.value) {
            // Very old files say whether, and not when.
            Some(Value::Bool(is_refreshed)) => f64::from(*is_refreshed),
            _ => fields.number(node, "refresh").unwrap_or(0.0),
        },
        current: node
            .get("current")
            .and_then(|current| current.get("value"))
            .map_or_else(Vec::new, texts),
    }
}

/// A text, or the texts of a list.
fn texts(node: &Node) -> Vec<String> {
    match &node.value {
        Value::List(nodes) => {
            nodes.iter().filter_map(|one| one.text().map(str::to_owned)).collect()
        }
        _ => node.text().map(str::to_owned).into_iter().collect(),
    }
}

/// A data source: an object in files of Grafana 8.3 and later, a name in older ones.
fn source(node: &Node, fields: &mut Fields) -> Source {
    let Some(source) = node.get("datasource") else { return Source::default() };
    match source.text() {
        Some(name) => Source { kind: String::new(), uid: name.to_owned() },
        None if fields.is_object(source) => {
            Source { kind: fields.text(source, "type"), uid: fields.text(source, "uid") }
        }
        None => Source::default(),
    }
}

/// Each property of each override.
fn overrides<'n>(node: &'n Node) -> impl Iterator<Item = &'n Node> {
    let list = |node: Option<&'n Node>| match node.map(|node| &node.value) {
        Some(Value::List(nodes)) => nodes.as_slice(),
        _ => &[],
    };
    let all = list(node.get("fieldConfig").and_then(|config| config.get("overrides")));
    all.iter().flat_map(move |one| list(one.get("properties")))
}

/// The unit of an override, or else that of all fields, or of the axis or number of old files.
fn unit(node: &Node, fields: &mut Fields) -> String {
    let is_unit = |property: &&Node| property.get("id").and_then(Node::text) == Some("unit");
    let of_override = overrides(node).filter(is_unit).filter_map(|one| one.get("value"));
    if let Some(unit) = of_override.filter_map(Node::text).last() {
        return unit.to_owned();
    }
    let defaults = node.get("fieldConfig").and_then(|config| config.get("defaults"));
    let unit = defaults.map(|defaults| fields.text(defaults, "unit")).unwrap_or_default();
    if unit.is_empty() { old_unit(node, fields) } else { unit }
}

/// Where files of Grafana 6 and before have it: on the left axis, at the number, or in a column.
fn old_unit(node: &Node, fields: &mut Fields) -> String {
    match fields.text(node, "type").as_str() {
        "singlestat" => fields.text(node, "format"),
        "table" | "table-old" => {
            let columns = fields.list(node, "styles").iter();
            let numbers =
                columns.filter(|one| one.get("type").and_then(Node::text) == Some("number"));
            let mut units = numbers.filter_map(|one| one.get("unit").and_then(Node::text));
            units.next_back().unwrap_or_default().to_owned()
        }
        _ => fields
            .list(node, "yaxes")
            .first()
            .map_or_else(String::new, |axis| fields.text(axis, "format")),
    }
}

fn shows_texts(node: &Node) -> bool {
    let has_values = |node: &Node| !matches!(&node.value, Value::List(nodes) if nodes.is_empty());
    let is_mapping = |property: &&Node| property.get("id").and_then(Node::text) == Some("mappings");
    let defaults = node.get("fieldConfig").and_then(|config| config.get("defaults"));
    let mapped = defaults.and_then(|defaults| defaults.get("mappings"));
    let reduced = node.get("options").and_then(|options| options.get("reduceOptions"));
    let chosen = reduced.and_then(|reduced| reduced.get("fields")).and_then(Node::text);
    mapped.is_some_and(has_values)
        || overrides(node).any(|property| is_mapping(&property))
        || chosen.is_some_and(|fields| !fields.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Dashboard, Vec<String>) {
        let root = Node::parse(text).unwrap();
        let mut fields = Fields::default();
        let board = Dashboard::read(&root, &mut fields);
        (board, fields.wrong.into_iter().map(|wrong| wrong.message).collect())
    }

    #[test]
    fn panels_of_rows_open_collapsed_and_old_are_found_with_their_row() {
        let (board, wrong) = read(
            r#"{"rows": [{"title": "old", "panels": [{"title": "a", "type": "graph"}]}],
                "panels": [
                  {"title": "b", "type": "stat"},
                  {"title": "open", "type": "row", "panels": []},
                  {"title": "c", "type": "stat"},
                  {"title": "shut", "type": "row", "repeat": "job", "panels": [{"title": "d"}]}]}"#,
        );
        assert!(wrong.is_empty(), "{wrong:?}");
        let found: Vec<_> = board
            .panels
            .iter()
            .map(|panel| (panel.title.as_str(), panel.row.as_deref(), panel.repeat.as_deref()))
            .collect();
        let expected = [
            ("a", Some("old"), None),
            ("b", None, None),
            ("c", Some("open"), None),
            ("d", Some("shut"), Some("job")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn data_sources_units_and_values_are_read_in_every_form() {
        let (board, wrong) = read(
            r#"{"templating": {"list": [
                  {"name": "a", "query": "x,y", "current": {"value": ["$__all"]}, "refresh": true},
                  {"name": "b", "query": {"query": "q"}, "current": {"value": "v"}, "refresh": 2}]},
                "rows": [{"panels": [{"type": "singlestat", "format": "percent"},
                    {"type": "graph", "yaxes": [{"format": "s"}]},
                    {"type": "table", "styles": [{"type": "date", "unit": "d"},
                        {"type": "number", "unit": "bytes"}]}]}],
                "panels": [{"datasource": "Prom", "fieldConfig": {"overrides":
                    [{"properties": [{"id": "unit", "value": "ms"}]}]},
                    "targets": [{"datasource": {"type": "loki", "uid": "l"}, "expr": "up"}]}]}"#,
        );
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(board.variables[0].current, ["$__all"]);
        assert_eq!((board.variables[1].query.as_str(), board.variables[1].refresh), ("q", 2.0));
        let units = board.panels.iter().map(|panel| panel.unit.as_str());
        assert_eq!(units.collect::<Vec<_>>(), ["percent", "s", "bytes", "ms"]);
        let panel = &board.panels[3];
        assert_eq!((panel.source.uid.as_str(), panel.unit.as_str()), ("Prom", "ms"));
        assert_eq!(panel.targets[0].source.kind, "loki");
        assert!(board.editable);
    }

    #[test]
    fn every_wrong_type_is_noted_and_the_rest_is_read() {
        let (board, wrong) = read(
            r#"{"title": 5, "panels": [7, {"title": "a", "targets": {}}, {"title": "b",
                "targets": [{"expr": ["up"]}]}], "templating": {"list": "no"}}"#,
        );
        assert_eq!(board.panels.len(), 2);
        assert_eq!(wrong.len(), 5, "{wrong:#?}");
        let title = "`title` is a text, and here it is a number".to_owned();
        assert!(wrong.contains(&title), "{wrong:?}");
    }
}
