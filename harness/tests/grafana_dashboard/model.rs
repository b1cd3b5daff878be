//! The parts of a dashboard's JSON that these tests look at. What Grafana needs besides
//! is in the file and in no test.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// A file of this repository.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The text of a file of this repository.
pub(crate) fn text_of(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The dashboard as it is committed.
pub(crate) fn json() -> Value {
    serde_json::from_str(&text_of("grafana/dashboards/export.json")).unwrap()
}

/// The dashboard as it is committed, read.
pub(crate) fn dashboard() -> Dashboard {
    Dashboard::read(json())
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    pub(crate) uid: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) refresh: String,
    pub(crate) schema_version: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) links: Vec<Link>,
    pub(crate) time: TimeRange,
    pub(crate) templating: Listed<Variable>,
    pub(crate) annotations: Listed<Annotation>,
    /// Rows and panels, in the order of the file.
    pub(crate) panels: Vec<Panel>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Link {
    pub(crate) title: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) url: String,
    pub(crate) tags: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TimeRange {
    pub(crate) from: String,
    pub(crate) to: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) list: Vec<T>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DataSource {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) uid: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) query: Value,
    #[serde(default)]
    pub(crate) all_value: String,
}

impl Variable {
    /// The query as text: some kinds have it in an object.
    pub(crate) fn query_text(&self) -> &str {
        self.query.as_str().or_else(|| self.query["query"].as_str()).unwrap_or_default()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Annotation {
    pub(crate) name: String,
    pub(crate) enable: bool,
    pub(crate) datasource: DataSource,
    /// Where Grafana up to 11.5 has the query.
    pub(crate) expr: Option<String>,
    /// Where newer ones have it.
    pub(crate) target: Option<Target>,
    #[serde(default)]
    pub(crate) title_format: String,
    #[serde(default)]
    pub(crate) text_format: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Panel {
    pub(crate) id: u32,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) grid_pos: GridPosition,
    pub(crate) datasource: Option<DataSource>,
    #[serde(default)]
    pub(crate) field_config: FieldConfig,
    #[serde(default)]
    pub(crate) targets: Vec<Target>,
    /// What a collapsed row hides; empty here, and the tests hold it to that.
    #[serde(default)]
    pub(crate) panels: Vec<Value>,
}

impl Panel {
    pub(crate) fn is_row(&self) -> bool {
        self.kind == "row"
    }

    /// The values at which a line is drawn or a colour changes.
    pub(crate) fn lines(&self) -> Vec<f64> {
        self.field_config.defaults.thresholds.steps.iter().filter_map(|step| step.value).collect()
    }
}

/// Where a panel is, in the 24 columns of a dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct GridPosition {
    #[serde(rename = "x")]
    pub(crate) left: u32,
    #[serde(rename = "y")]
    pub(crate) top: u32,
    #[serde(rename = "w")]
    pub(crate) width: u32,
    #[serde(rename = "h")]
    pub(crate) height: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct FieldConfig {
    pub(crate) defaults: FieldDefaults,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct FieldDefaults {
    #[serde(default)]
    pub(crate) unit: String,
    #[serde(default)]
    pub(crate) thresholds: Thresholds,
    #[serde(default)]
    pub(crate) custom: Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Thresholds {
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) color: String,
    /// From here on; the first has none.
    pub(crate) value: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub(crate) ref_id: String,
    #[serde(default)]
    pub(crate) expr: String,
    #[serde(default)]
    pub(crate) legend_format: String,
    #[serde(default)]
    pub(crate) instant: bool,
    #[serde(default)]
    pub(crate) range: bool,
}

impl Dashboard {
    pub(crate) fn read(json: Value) -> Self {
        serde_json::from_value(json).unwrap()
    }

    /// Everything that shows data.
    pub(crate) fn data_panels(&self) -> impl Iterator<Item = &Panel> {
        self.panels.iter().filter(|panel| !panel.is_row())
    }

    /// The panels below a row, up to the next one.
    pub(crate) fn below(&self, row: &str) -> Vec<&Panel> {
        let from = self.panels.iter().position(|panel| panel.is_row() && panel.title == row);
        let rest = &self.panels[from.unwrap_or_else(|| panic!("no row {row}")) + 1..];
        rest.iter().take_while(|panel| !panel.is_row()).collect()
    }

    /// Each query with its panel.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (&Panel, &Target)> {
        self.data_panels().flat_map(|panel| panel.targets.iter().map(move |target| (panel, target)))
    }

    pub(crate) fn panel(&self, title: &str) -> &Panel {
        let found = self.data_panels().find(|panel| panel.title == title);
        found.unwrap_or_else(|| panic!("no panel {title}"))
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.templating.list.iter().find(|variable| variable.name == name)
    }
}
