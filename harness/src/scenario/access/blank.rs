//! Takes the secrets that a request carried out of a text about its answer: a server may
//! say what it was sent, in a `Location` or the body of an error. Values of fewer than
//! four characters stay; blanking them would make holes in every number.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;

use super::Credentials;

/// What stands in the place of a secret.
const BLANK: &str = "***";
/// The shortest text that is taken for a secret.
const SHORTEST_SECRET_BYTES: usize = 4;

impl Credentials {
    /// The text with every secret in it blanked.
    pub fn blank(&self, text: &str) -> String {
        self.secrets().iter().fold(text.to_owned(), |text, secret| text.replace(secret, BLANK))
    }

    /// Every form of every secret, a longer one before a shorter one: it may hold that one,
    /// which would leave its rest.
    pub(in crate::scenario) fn secrets(&self) -> Vec<String> {
        let mut secrets: Vec<String> =
            self.headers.iter().flat_map(|(_, value)| forms(value.expose())).collect();
        secrets.retain(|secret| secret.len() >= SHORTEST_SECRET_BYTES);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }
}

/// The forms in which a server may repeat the value of a header: whole, without its
/// scheme, the user and password behind base64, and each of them in a URL.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    if let Some((scheme @ ("Bearer" | "Basic"), secret)) = value.split_once(' ') {
        forms.extend([secret.to_owned(), secret.trim_end_matches('=').to_owned()]);
        let pair = (scheme == "Basic").then(|| STANDARD.decode(secret).ok()).flatten();
        if let Some(pair) = pair.and_then(|pair| String::from_utf8(pair).ok()) {
            forms.extend(pair.split_once(':').map(|(_, password)| password.to_owned()));
        }
    }
    let in_url: Vec<String> = forms.iter().filter_map(|form| in_query(form)).collect();
    forms.extend(in_url);
    forms
}

/// A text as it is written in the query of a URL.
fn in_query(text: &str) -> Option<String> {
    let mut url = Url::parse("http://a/").ok()?;
    url.query_pairs_mut().append_key_only(text);
    url.query().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Secret;

    fn blanked(value: &str, text: &str) -> String {
        let headers = vec![("authorization".to_owned(), Secret::new(value))];
        Credentials { headers, tls: None }.blank(text)
    }

    #[test]
    fn a_token_is_blanked_with_its_scheme_and_without() {
        assert_eq!(
            blanked("Bearer s3cr/t", "a Bearer s3cr/t, s3cr/t, s3cr%2Ft"),
            "a ***, ***, ***"
        );
    }

    #[test]
    fn a_password_is_blanked_in_base64_and_in_plain_text() {
        assert_eq!(blanked("Basic dTpwYXNzMQ==", "dTpwYXNzMQ== dTpwYXNzMQ pass1"), "*** *** ***");
    }

    #[test]
    fn a_value_that_hides_nothing_leaves_numbers_whole() {
        assert_eq!(blanked("40", "answered 401"), "answered 401");
    }
}
