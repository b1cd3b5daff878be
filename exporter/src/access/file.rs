//! A file of tokens: a line for each, `NAME SCOPES sha256:HASH`.
//!
//! `#` begins a comment line. SCOPES are words with commas between. A name may have
//! several lines, so that a token can be replaced without a gap. All problems of a
//! file are told at once, each with its line, and none shows what stands where a
//! secret might.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Access, Entry, HASH_BYTES, HASH_PREFIX, Scope, token};
use crate::catalogue::{ANONYMOUS_USER, OTHER_USER};

/// Longest name, in bytes: it becomes the value of a label.
pub(super) const MAX_NAME_BYTES: usize = 64;
/// Largest file, in bytes: about ten thousand tokens.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Permission bits of the group to write, and of everybody else to read or write: whoever
/// may write the file can give itself a token.
const UNWISE_PERMISSIONS: u32 = 0o026;

/// Why a file of tokens cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// It cannot be read.
    #[error("the file of tokens `{path}` cannot be read: {source}; give another one with --tokens")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is larger than a file of tokens is.
    #[error("`{path}` is larger than {MAX_FILE_BYTES} bytes; is it a file of tokens?")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Lines that are no entries, or none at all.
    #[error("the file of tokens `{path}` has problems:{problems}")]
    Lines {
        /// The file.
        path: PathBuf,
        /// All of them.
        problems: Problems,
    },
}

/// What is wrong with lines of a file.
#[derive(Debug)]
pub struct Problems(Vec<(usize, String)>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(line, problem)| write!(f, "\n  line {line}: {problem}"))
    }
}

/// Who may use the service, as the file at `path` says; warns of what is unwise.
pub(super) fn read(path: &Path) -> Result<Access, TokensError> {
    let failed = |source| TokensError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut text = String::new();
    // A device has no size, and may never end.
    (&file).take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(TokensError::TooLarge { path: path.to_owned() });
    }
    let access =
        parse(&text).map_err(|problems| TokensError::Lines { path: path.to_owned(), problems })?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & UNWISE_PERMISSIONS != 0 {
        let path = path.display();
        tracing::warn!(
            "others than its owner can change {path}, or everybody can read it; run `chmod g-w,o-rw {path}`"
        );
    }
    if !access.has(Scope::Metrics) {
        tracing::warn!("no token has the scope `metrics`: nobody can read /export/metrics");
    }
    Ok(access)
}

fn parse(text: &str) -> Result<Access, Problems> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut problems = Vec::new();
    // Editors on Windows begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        match entry(line) {
            Ok(entry) if entries.iter().any(|known| known.hash == entry.hash) => {
                problems
                    .push((index + 1, "this token stands on an earlier line; remove one".into()));
            }
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push((index + 1, problem)),
        }
    }
    if entries.is_empty() && problems.is_empty() {
        let nobody = "there is no token, so that nobody could use the service; `exporter token NAME` makes one";
        problems.push((1, nobody.to_owned()));
    }
    if problems.is_empty() {
        return Ok(Access { entries: Some(entries.into()) });
    }
    Err(Problems(problems))
}

fn entry(line: &str) -> Result<Entry, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.iter().any(|word| word.starts_with(token::PREFIX)) {
        return Err("a token stands here where its hash should; write the line that `exporter token NAME` prints".into());
    }
    let [name, scopes, hash] = words.as_slice() else {
        return Err(format!(
            "there are {} words and not 3; write NAME SCOPES sha256:HASH, as `exporter token NAME` prints it",
            words.len()
        ));
    };
    let scopes: Result<_, _> = scopes.split(',').map(scope).collect();
    Ok(Entry { name: check_name(name)?.into(), scopes: scopes?, hash: parse_hash(hash)? })
}

/// The name, if it can be the value of the label `user` and of nobody else's.
pub(super) fn check_name(name: &str) -> Result<&str, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_plain) {
        return Err(format!(
            "a name has 1 to {MAX_NAME_BYTES} letters, digits, `_`, `.` and `-`; choose another one"
        ));
    }
    if [ANONYMOUS_USER, OTHER_USER].contains(&name) {
        return Err(format!(
            "`{name}` stands for users without a name of their own; choose another one"
        ));
    }
    Ok(name)
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::from_label(word).ok_or_else(|| {
        format!(
            "the scope `{}` is unknown; known are export, metrics and health",
            word.escape_default()
        )
    })
}

fn parse_hash(text: &str) -> Result<[u8; HASH_BYTES], String> {
    let wrong = || {
        format!(
            "the third word is not `{HASH_PREFIX}` and 64 hexadecimal digits; write the line that `exporter token NAME` prints"
        )
    };
    let digits = text.strip_prefix(HASH_PREFIX).ok_or_else(wrong)?;
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hexadecimal || digits.len() != 2 * HASH_BYTES {
        return Err(wrong());
    }
    let mut hash = [0; HASH_BYTES];
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).map_err(|_| wrong())?;
    }
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc`, from FIPS 180-4.
    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn problems(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_line_says_who_may_do_what() {
        let access =
            parse(&format!("\u{feff}# tokens\r\n\n  ann  export,metrics  {ABC}  # ours\r\n"))
                .unwrap();
        let caller = access.admit(Scope::Metrics, Some("abc")).unwrap();
        assert_eq!(caller.name.as_deref(), Some("ann"));
        assert!(access.admit(Scope::Export, Some("abd")).is_err());
    }

    #[test]
    fn every_wrong_line_is_told_with_its_number_and_what_to_do() {
        let text = format!(
            "ann export\nann everything {ABC}\nann/x export {ABC}\nother export {ABC}\nann export sha256:12\nann export {}\n",
            ABC.replace("sha256", "md5")
        );
        let told = problems(&text);
        for (line, what) in [
            (1, "there are 2 words"),
            (2, "the scope `everything` is unknown; known are export"),
            (3, "a name has 1 to 64 letters"),
            (4, "`other` stands for users"),
            (5, "the third word is not `sha256:`"),
            (6, "the third word is not `sha256:`"),
        ] {
            assert!(told.contains(&format!("\n  line {line}: {what}")), "{line}: {told}");
        }
    }

    #[test]
    fn a_token_in_place_of_its_hash_is_not_shown() {
        let told = problems("ann export exporter_0123456789abcdef\n");
        assert!(told.contains("where its hash should") && !told.contains("0123"), "{told}");
    }

    #[test]
    fn a_file_without_tokens_and_a_token_twice_are_refused() {
        assert!(problems("# nobody\n").contains("nobody could use the service"));
        let twice = format!("ann export {ABC}\nbob export {ABC}\n");
        assert!(problems(&twice).contains("line 2: this token stands on an earlier line"));
    }
}
