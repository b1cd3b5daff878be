//! What a text must not show: values of a scenario's variables, and credentials that its
//! requests and scrapes carry.
//!
//! Messages about a file are cleared of the values of variables. A text of somebody else's
//! that goes into reports, such as the log of a service, is cleared of everything that the
//! scenario knows to be secret.

use std::fmt;

use super::access::{Access, Credentials};
use super::model::Scenario;
use super::secrecy::{SHORTEST_SECRET_BYTES, is_credential};
use super::secret::Secret;

/// The shortest word of a value that is hidden by itself, bytes: a parser may quote a
/// part of what it could not read.
const SHORTEST_WORD_BYTES: usize = 7;
/// What stands in the place of a secret that has no name.
const BLANK: &str = "***";

/// Texts that must not be seen, and what is shown in their place: the name of a variable.
#[derive(Clone, Default)]
pub struct Hidden {
    /// Each text with what is shown instead; longer ones first, because they may hold
    /// shorter ones.
    texts: Vec<(String, String)>,
}

impl Hidden {
    /// Values of variables, whole and in words.
    pub(super) fn of_variables(used: &[(String, String)]) -> Self {
        let mut texts = Vec::new();
        for (name, value) in used {
            let shown = format!("${{{name}}}");
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let words = value.split(|c| !is_word(c));
            let words = words.filter(|word| word.len() >= SHORTEST_WORD_BYTES);
            let whole = Some(value.as_str()).filter(|value| value.len() >= SHORTEST_SECRET_BYTES);
            let hidden = words.chain(whole).filter(|text| text != name);
            texts.extend(hidden.map(|text| (text.to_owned(), shown.clone())));
        }
        Self { texts }.sorted()
    }

    /// The text without what is hidden.
    pub fn taken_out_of(&self, text: &str) -> String {
        let hide = |text: String, (hidden, shown): &(String, String)| {
            if text.contains(hidden) { text.replace(hidden, shown) } else { text }
        };
        self.texts.iter().fold(text.to_owned(), hide)
    }

    fn and_secrets_of(mut self, credentials: &Credentials) -> Self {
        let secrets = credentials.secrets().into_iter();
        self.texts.extend(secrets.map(|secret| (secret, BLANK.to_owned())));
        self.sorted()
    }

    fn sorted(mut self) -> Self {
        self.texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        self
    }
}

/// Shows nothing of what is hidden.
impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl Scenario {
    /// Everything that the scenario knows to be secret. Files of `metrics` are read as
    /// they are now; one that cannot be read hides nothing.
    pub fn hidden(&self) -> Hidden {
        let headers = self.requests.iter().flat_map(|request| &request.headers);
        let credentials = headers.filter(|(name, _)| is_credential(name));
        let headers = credentials.map(|(name, value)| (name.clone(), Secret::new(value)));
        let headers = headers.chain(self.request_secrets()).collect();
        let of_requests = Credentials { headers, tls: None };
        let of_metrics = self.metrics.access().map(Access::read).and_then(Result::ok);
        let used: Vec<(String, String)> = self
            .used_variables
            .iter()
            .map(|(name, value)| (name.clone(), value.expose().to_owned()))
            .collect();
        Hidden::of_variables(&used)
            .and_secrets_of(&of_requests)
            .and_secrets_of(&of_metrics.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str, used: &[(String, String)]) -> String {
        Hidden::of_variables(used).taken_out_of(text)
    }

    #[test]
    fn a_message_names_the_variable_and_not_its_value() {
        let used = [("TOKEN".to_owned(), "hunter2-correct".to_owned())];
        let shown = redacted("`hunter2-correct` is not a name; found hunter2", &used);
        assert_eq!(shown, "`${TOKEN}` is not a name; found ${TOKEN}");
        let short = [("N".to_owned(), "5".to_owned())];
        assert_eq!(redacted("5 is too small", &short), "5 is too small");
    }

    #[test]
    fn a_credential_is_hidden_where_a_variable_is_not_its_name() {
        let headers = vec![("authorization".to_owned(), Secret::new("Bearer hunter2"))];
        let hidden = Hidden::default().and_secrets_of(&Credentials { headers, tls: None });
        assert_eq!(hidden.taken_out_of("got hunter2"), "got ***");
        assert_eq!(format!("{hidden:?}"), "Hidden(…)");
    }
}
