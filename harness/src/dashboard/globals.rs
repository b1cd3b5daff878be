//! Names for which Grafana itself has a value, as its documentation lists them, and what can be
//! said of them without a Grafana.

/// What stands in the place of such a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// The interval of rates: a duration.
    RateInterval,
    /// Another duration, `5m`.
    Duration,
    /// A number: milliseconds, seconds, an instant, an id.
    Number,
    /// A text.
    Text,
    /// Nothing in PromQL: it is for links, for other data sources, or for what is in a panel.
    Elsewhere,
}

/// All of them.
const KNOWN: [(&str, Global); 25] = [
    ("__rate_interval", Global::RateInterval),
    ("__interval", Global::Duration),
    ("__range", Global::Duration),
    ("__interval_ms", Global::Number),
    ("__rate_interval_ms", Global::Number),
    ("__range_ms", Global::Number),
    ("__range_s", Global::Number),
    ("__from", Global::Number),
    ("__to", Global::Number),
    ("__org", Global::Number),
    ("__user", Global::Number),
    ("__dashboard", Global::Text),
    ("__name", Global::Text),
    ("__timezone", Global::Text),
    ("__searchFilter", Global::Text),
    ("__timeFilter", Global::Elsewhere),
    ("timeFilter", Global::Elsewhere),
    ("__auto", Global::Elsewhere),
    ("__all_variables", Global::Elsewhere),
    ("__url_time_range", Global::Elsewhere),
    ("__url", Global::Elsewhere),
    ("__data", Global::Elsewhere),
    ("__series", Global::Elsewhere),
    ("__field", Global::Elsewhere),
    ("__value", Global::Elsewhere),
];

/// What a name with a field stands for: `${__org.name}` is a text.
pub(super) fn global(name: &str, field: Option<&str>) -> Option<Global> {
    let known = KNOWN.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)?;
    Some(match (name, field) {
        ("__org" | "__user", Some(field)) if field != "id" => Global::Text,
        _ => known,
    })
}

/// Their names.
pub(super) fn global_names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_say_what_a_name_stands_for() {
        assert_eq!(global("__org", None), Some(Global::Number));
        assert_eq!(global("__org", Some("name")), Some(Global::Text));
        assert_eq!(global("__user", Some("id")), Some(Global::Number));
        assert_eq!(global("__user", Some("login")), Some(Global::Text));
        assert_eq!(global("__rate_intervall", None), None);
    }
}
