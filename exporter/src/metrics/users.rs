//! Turns the user of a request into a label value, and never into more than
//! [`MAX_USERS`] different ones: a client must not be able to grow the
//! exposition without bound.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::catalogue::{ANONYMOUS_USER, MAX_USERS, OTHER_USER};

/// Longest user name that becomes a label value, in bytes.
const MAX_USER_BYTES: usize = 64;

/// The users seen so far.
#[derive(Debug)]
pub(super) struct Users {
    known: Mutex<BTreeSet<String>>,
}

impl Users {
    /// Nobody yet.
    pub(super) fn new() -> Self {
        Self { known: Mutex::new(BTreeSet::new()) }
    }

    /// The label value for the user of a request.
    pub(super) fn label(&self, user: Option<&str>) -> String {
        let user = match user {
            None | Some("") => return ANONYMOUS_USER.to_owned(),
            Some(user) => user,
        };
        if user == ANONYMOUS_USER || self.is_known(user) { user } else { OTHER_USER }.to_owned()
    }

    fn is_known(&self, user: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(user) {
            return true;
        }
        let fits = known.len() < MAX_USERS && user.len() <= MAX_USER_BYTES;
        fits && known.insert(user.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_beyond_the_bound_become_other() {
        let users = Users::new();
        for number in 0..MAX_USERS {
            assert_eq!(users.label(Some(&format!("u{number}"))), format!("u{number}"));
        }
        assert_eq!(users.label(Some("one too many")), "other");
        assert_eq!(users.label(Some("u0")), "u0");
    }

    #[test]
    fn a_request_without_a_user_is_anonymous() {
        let users = Users::new();
        assert_eq!(
            (users.label(None), users.label(Some(""))),
            ("anonymous".into(), "anonymous".into())
        );
    }

    #[test]
    fn a_very_long_name_is_other() {
        assert_eq!(Users::new().label(Some(&"x".repeat(65))), "other");
    }
}
