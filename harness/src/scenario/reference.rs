//! The reference of the format: one Markdown table for each map, made from the
//! tables that the reader itself checks against.

use std::collections::BTreeMap;

use super::keys::{self, Key, Presence, Shape, Table};

/// A Markdown table of keys for each map of the format, by the map's name.
pub fn reference_tables() -> BTreeMap<&'static str, String> {
    keys::ALL.iter().map(|table| (table.name, markdown(table))).collect()
}

fn markdown(table: &Table) -> String {
    let head = "| key | value | | meaning |\n|---|---|---|---|\n".to_owned();
    let lines = table.keys.iter().map(|key| line(key, table));
    head + &lines.collect::<String>() + &unsupported(table)
}

fn line(key: &Key, table: &Table) -> String {
    let value = escaped(&value(&key.shape));
    let presence = presence(key, table);
    format!("| `{}` | {value} | {presence} | {} |\n", key.name, escaped(key.about))
}

fn unsupported(table: &Table) -> String {
    if table.unsupported.is_empty() {
        return String::new();
    }
    let names: Vec<_> = table.unsupported.iter().map(|name| format!("`{name}`")).collect();
    format!("\nNot supported yet, and an error: {}.\n", names.join(", "))
}

fn presence(key: &Key, table: &Table) -> String {
    let in_group = table.one_of.iter().find(|group| group.contains(&key.name));
    match (key.presence, in_group) {
        (Presence::Required, _) => "required".to_owned(),
        (Presence::Default(value), _) => format!("default `{value}`"),
        (Presence::Optional, Some(_)) => "one of these".to_owned(),
        (Presence::Optional, None) => String::new(),
    }
}

fn value(shape: &Shape) -> String {
    match shape {
        Shape::One => "`1`".to_owned(),
        Shape::Name => "name".to_owned(),
        Shape::Text => "text".to_owned(),
        Shape::Word(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        Shape::Whole(least) => format!("whole number from {least}"),
        Shape::Boolean => "`true`, `false`".to_owned(),
        Shape::True => "`true`".to_owned(),
        Shape::Duration => "duration".to_owned(),
        Shape::Rate => "rate".to_owned(),
        Shape::Users => "whole number from 1, or ramp".to_owned(),
        Shape::ThinkTime => "duration, or two".to_owned(),
        Shape::Path | Shape::SentPath => "path".to_owned(),
        Shape::Url => "URL".to_owned(),
        Shape::JsonPath => "JSON path".to_owned(),
        Shape::Threshold => "comparison".to_owned(),
        Shape::Template => "any value".to_owned(),
        Shape::Status => "status".to_owned(),
        Shape::HttpVersion => "`auto`, `1.1`, `2`".to_owned(),
        Shape::Scalar => "text, number or boolean".to_owned(),
        Shape::Map(table) => format!("[{}](#{})", table.name, anchor(table.name)),
        Shape::Named(of) => format!("map of {}", value(of)),
        Shape::List(of) => format!("list of {}", value(of)),
        Shape::Any(shapes) => shapes.iter().map(value).collect::<Vec<_>>().join(" or "),
    }
}

fn anchor(heading: &str) -> String {
    heading.replace(' ', "-")
}

/// A bar would end the cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
