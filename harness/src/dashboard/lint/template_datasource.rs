//! `template-datasource-rule`: the data source is a variable, under its usual name.

use super::super::found::Found;
use super::super::model::Variable;
use super::{Kind, Looked};
use slogate_promql::lint::Severity;

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let variables = &looked.board.variables;
    let sources: Vec<&Variable> = variables.iter().filter(|one| one.kind == "datasource").collect();
    if sources.is_empty() {
        let why = "no variable chooses the data source, so it shows one Grafana's data only";
        let instead = "add a variable `datasource` of the type `datasource`, label `Data source`, \
                       query `prometheus`";
        return vec![Found::new(kind, why, instead)];
    }
    let is_only = sources.len() == 1;
    sources.into_iter().filter_map(|source| misnamed(source, is_only, kind)).collect()
}

fn misnamed(source: &Variable, is_only: bool, (code, level): Kind) -> Option<Found> {
    let kind = source.query.to_lowercase();
    let mut names = vec![format!("{kind}_datasource")];
    let mut labels = vec![format!("{} data source", capital(&kind))];
    if is_only {
        names.insert(0, "datasource".to_owned());
        labels.insert(0, "Data source".to_owned());
    }
    let [usual_names, usual_labels] = [&names, &labels].map(|all| all.join("` or `"));
    let (level, why, instead) = if !names.contains(&source.name) {
        let why = format!("the variable for the data source is called `{}`", source.name);
        (level, why, format!("call it `{usual_names}`, as other dashboards do"))
    } else if !labels.contains(&source.label) {
        let why = match source.label.as_str() {
            "" => "the variable for the data source has no label".to_owned(),
            label => format!("the variable for the data source has the label `{label}`"),
        };
        (Severity::Info, why, format!("label it `{usual_labels}`"))
    } else {
        return None;
    };
    Some(Found::new((code, level), why, instead).in_variable(source))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
