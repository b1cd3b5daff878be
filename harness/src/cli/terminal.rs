//! What a terminal can show, by what its locale says.

use std::env;

use crate::report::Charset;

/// The characters that charts are made of: ASCII where the locale is not UTF-8.
pub(super) fn charset() -> Charset {
    // The first of these that is set and not empty decides (POSIX, XBD 8.2).
    let variables = ["LC_ALL", "LC_CTYPE", "LANG"];
    let set = variables.iter().filter_map(|name| env::var(name).ok());
    of_locale(set.into_iter().find(|value| !value.is_empty()).as_deref())
}

fn of_locale(locale: Option<&str>) -> Charset {
    let codeset = locale.unwrap_or_default().to_ascii_lowercase().replace('-', "");
    if codeset.contains("utf8") { Charset::Unicode } else { Charset::Ascii }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_says_whether_there_is_unicode() {
        for locale in ["C.UTF-8", "de_DE.utf8", "en_US.UTF-8@x"] {
            assert_eq!(of_locale(Some(locale)), Charset::Unicode, "{locale}");
        }
        for locale in [None, Some("C"), Some("POSIX"), Some("de_DE.ISO-8859-1")] {
            assert_eq!(of_locale(locale), Charset::Ascii, "{locale:?}");
        }
    }
}
