//! The JSON Schema of scenario files, for editors: made from the tables that the
//! reader itself checks against.
//!
//! Draft 7, because editors' YAML support knows it best. What a schema cannot say
//! (names that refer to each other, PromQL) stays with the reader.

use serde_json::{Map, Value, json};

use super::keys::{self, Key, Presence, Shape, Table};

/// `[A-Za-z0-9_.-]+`, as the reader checks it.
const NAME_PATTERN: &str = "^[A-Za-z0-9_.-]+$";
const DURATION_PATTERN: &str = r"^\s*([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+$";
const RATE_PATTERN: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*/[sm]\s*(->\s*[0-9]+(\.[0-9]+)?\s*/[sm]\s*)?$";
const USERS_PATTERN: &str = r"^\s*[0-9]+\s*->\s*[0-9]+\s*$";
const THINK_TIME_PATTERN: &str = r"^\s*([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+(\.\.\s*([0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h|d)\s*)+)?$";
const THRESHOLD_PATTERN: &str = r"^\s*(<=|>=|==|!=|<|>)\s*[-+0-9.]";
const VARIABLE_PATTERN: &str = r"\$\{[^}]*\}";

/// The JSON Schema of scenario files and lists of objectives.
pub fn schema() -> Value {
    let definitions: Map<String, Value> =
        keys::ALL.iter().map(|table| (definition_name(table), map_schema(table))).collect();
    let list_keys: Vec<_> = keys::OBJECTIVE_LIST.names().collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "slogate scenario",
        "description": "A scenario (a file with `load`) or a list of objectives (a file with only `slo`).",
        "type": "object",
        "if": { "required": ["slo"], "propertyNames": { "enum": list_keys } },
        "then": reference(&keys::OBJECTIVE_LIST),
        "else": reference(&keys::SCENARIO),
        "definitions": definitions,
    })
}

fn definition_name(table: &Table) -> String {
    table.name.replace(' ', "_")
}

fn reference(table: &Table) -> Value {
    json!({ "$ref": format!("#/definitions/{}", definition_name(table)) })
}

fn map_schema(table: &Table) -> Value {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut schema = json!({
        "description": table.about,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required(table),
    });
    if let Some(groups) = exclusive_groups(table) {
        schema["allOf"] = groups;
    }
    schema
}

/// An override gives its id and what it changes; the reader checks the whole.
fn required(table: &Table) -> Vec<&'static str> {
    let required = table.keys.iter().filter(|key| key.presence == Presence::Required);
    required.map(|key| key.name).filter(|name| !table.overrides || *name == "id").collect()
}

fn exclusive_groups(table: &Table) -> Option<Value> {
    let alternatives = |group: &[&str]| -> Value {
        let each = group.iter().map(|name| json!({ "required": [name] }));
        let none = json!({ "not": { "anyOf": each.clone().collect::<Vec<_>>() } });
        let none = table.overrides.then_some(none);
        json!({ "oneOf": each.chain(none).collect::<Vec<_>>() })
    };
    let groups: Vec<_> = table.one_of.iter().map(|group| alternatives(group)).collect();
    (!groups.is_empty()).then_some(Value::Array(groups))
}

fn property(key: &Key) -> Value {
    let mut schema = shape(&key.shape);
    if let Some(target) = schema.get("$ref").cloned() {
        // Draft 7 ignores everything beside a `$ref`.
        schema = json!({ "allOf": [{ "$ref": target }] });
    }
    schema["description"] = key.about.into();
    if let Presence::Default(default) = key.presence {
        schema["default"] = serde_json::from_str(default).unwrap_or_else(|_| default.into());
    }
    schema
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::One => json!({ "const": 1 }),
        Shape::Name => json!({ "anyOf": [
            { "type": "string", "pattern": NAME_PATTERN }, { "type": "integer" }, variable(),
        ] }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Whole(least) => or_variable(json!({ "type": "integer", "minimum": least })),
        Shape::Boolean => or_variable(json!({ "type": "boolean" })),
        Shape::True => json!({ "const": true }),
        Shape::Duration => or_variable(pattern(DURATION_PATTERN)),
        Shape::Rate => or_variable(pattern(RATE_PATTERN)),
        Shape::Users => json!({ "anyOf": [
            { "type": "integer", "minimum": 1 }, pattern(USERS_PATTERN), variable(),
        ] }),
        Shape::ThinkTime => or_variable(pattern(THINK_TIME_PATTERN)),
        Shape::Path => or_variable(pattern("^/")),
        Shape::SentPath => or_variable(pattern(r"^(/|\{\{)")),
        Shape::Url => or_variable(pattern("^https?://")),
        Shape::JsonPath => or_variable(pattern(r"^\$")),
        Shape::Threshold => or_variable(pattern(THRESHOLD_PATTERN)),
        Shape::Template => json!({}),
        Shape::Status => json!({ "anyOf": [
            { "type": "integer", "minimum": 100, "maximum": 599 }, pattern("^[1-5]xx$"), variable(),
        ] }),
        Shape::HttpVersion => json!({ "anyOf": [
            { "enum": ["auto", 1.1, 2, "1.1", "2"] }, variable(),
        ] }),
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Map(table) => reference(table),
        Shape::Named(of) => json!({ "type": "object", "additionalProperties": self::shape(of) }),
        Shape::List(of) => json!({ "type": "array", "minItems": 1, "items": self::shape(of) }),
        Shape::Any(shapes) => {
            json!({ "anyOf": shapes.iter().map(self::shape).collect::<Vec<_>>() })
        }
    }
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

fn variable() -> Value {
    pattern(VARIABLE_PATTERN)
}

fn or_variable(schema: Value) -> Value {
    Value::Object(Map::from_iter([("anyOf".to_owned(), vec![schema, variable()].into())]))
}
