//! The files by which Grafana finds the data source and the dashboard when it starts.
//! Fields that Grafana does not know are dropped there in silence, and refused here.

use serde::Deserialize;
use serde_json::Value;

use super::model::{project, text_of};

const SOURCES: &str = "grafana/provisioning/datasources/prometheus.yaml";
const DASHBOARDS: &str = "grafana/provisioning/dashboards/slogate.yaml";

/// <https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sources {
    api_version: u8,
    datasources: Vec<Source>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source {
    name: String,
    uid: String,
    #[serde(rename = "type")]
    kind: String,
    access: String,
    url: String,
    is_default: bool,
    editable: bool,
    json_data: SourceData,
}

/// <https://grafana.com/docs/grafana/latest/datasources/prometheus/configure/>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SourceData {
    http_method: String,
    prometheus_type: String,
    time_interval: String,
}

/// <https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards>
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Providers {
    api_version: u8,
    providers: Vec<Provider>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Provider {
    name: String,
    org_id: u32,
    folder: String,
    folder_uid: String,
    #[serde(rename = "type")]
    kind: String,
    disable_deletion: bool,
    allow_ui_updates: bool,
    update_interval_seconds: u32,
    options: ProviderOptions,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProviderOptions {
    path: String,
    folders_from_files_structure: bool,
}

fn read<T: serde::de::DeserializeOwned>(path: &str) -> T {
    serde_saphyr::from_str(&text_of(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_data_source_is_the_one_that_a_dashboard_starts_with() {
    let sources: Sources = read(SOURCES);
    assert_eq!((sources.api_version, sources.datasources.len()), (1, 1));
    let source = &sources.datasources[0];
    let kind = (source.kind.as_str(), source.access.as_str(), source.uid.as_str());
    assert_eq!(kind, ("prometheus", "proxy", "prometheus"));
    assert!(source.is_default && !source.editable, "{}", source.name);
    assert!(source.url.starts_with("http://") && !source.url.ends_with('/'), "{}", source.url);
    let data = &source.json_data;
    // POST, because a query with many instances is longer than a URL may be.
    assert_eq!((data.http_method.as_str(), data.prometheus_type.as_str()), ("POST", "Prometheus"));
    // The interval of the Prometheus that stands beside it.
    let scraped = text_of("deploy/prometheus.yml");
    assert!(scraped.contains(&format!("scrape_interval: {}\n", data.time_interval)), "{scraped}");
}

#[test]
fn the_folders_are_where_the_compose_file_puts_them() {
    let providers: Providers = read(DASHBOARDS);
    let compose = text_of("deploy/compose.yaml");
    let dashboards = format!("../grafana/dashboards:{}:ro", providers.providers[0].options.path);
    for mount in [dashboards.as_str(), "../grafana/provisioning:/etc/grafana/provisioning:ro"] {
        assert!(compose.contains(mount), "{mount}");
    }
}

#[test]
fn dashboards_come_from_the_folder_and_change_only_there() {
    let providers: Providers = read(DASHBOARDS);
    assert_eq!((providers.api_version, providers.providers.len()), (1, 1));
    let provider = &providers.providers[0];
    assert_eq!((provider.kind.as_str(), provider.org_id), ("file", 1), "{}", provider.name);
    assert!(provider.disable_deletion && !provider.allow_ui_updates);
    assert!(provider.update_interval_seconds >= 10);
    assert!(!provider.folder.is_empty() && !provider.folder_uid.is_empty());
    assert!(provider.options.path.starts_with('/'));
    assert!(!provider.options.folders_from_files_structure);
}

#[test]
fn every_file_in_the_folder_is_a_dashboard_with_its_own_uid() {
    let files = std::fs::read_dir(project("grafana/dashboards")).unwrap();
    let mut uids = Vec::new();
    for file in files {
        let path = file.unwrap().path();
        let json: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        uids.push(json["uid"].as_str().unwrap().to_owned());
    }
    let count = uids.len();
    uids.sort();
    uids.dedup();
    assert!(count > 0 && uids.len() == count, "{uids:?}");
}
