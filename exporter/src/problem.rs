//! Why an export did not succeed: one closed set of reasons, each with the HTTP
//! status it is answered with and whether it counts as `failed` or `rejected`.
//!
//! A [`Problem`] adds what a person needs: a sentence, and for bad input the byte
//! of the request body.

use std::fmt;

/// Each reason as the label value it is counted under, in the order of [`Reason`].
pub(crate) const REASONS: &[&str] = &[
    "queue_full",
    "draining",
    "unauthorized",
    "forbidden",
    "bad_json",
    "bad_request",
    "repeated_key",
    "row_mismatch",
    "too_large",
    "too_many_rows",
    "too_many_columns",
    "value_too_long",
    "cell_too_long",
    "too_slow",
    "client_gone",
    "deadline",
    "no_storage",
    "write_error",
    "fault",
    "internal",
];

/// Why an export did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// As many exports wait as may.
    QueueFull,
    /// The service is shutting down.
    Draining,
    /// No token, or one that nobody has.
    Unauthorized,
    /// A token that is good for something else.
    Forbidden,
    /// The body is not JSON, or ends before the JSON does.
    BadJson,
    /// JSON of the wrong shape, or values that no export can have.
    BadRequest,
    /// A key appears twice.
    RepeatedKey,
    /// A row does not fit the columns or the rows before it.
    RowMismatch,
    /// More bytes in the body than may be.
    TooLarge,
    /// More rows than may be.
    TooManyRows,
    /// More columns than may be.
    TooManyColumns,
    /// A row, or another single value, that is longer than may be.
    ValueTooLong,
    /// Text of a cell that is longer than may be.
    CellTooLong,
    /// The body stopped coming.
    TooSlow,
    /// The client closed the connection.
    ClientGone,
    /// The export ran longer than it may.
    Deadline,
    /// No room on the disk, or a folder that cannot be written to.
    NoStorage,
    /// Any other failure to write.
    WriteError,
    /// On purpose.
    Fault,
    /// A defect of this service.
    Internal,
}

/// How a request that did not succeed is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Accepted, and not finished.
    Failed,
    /// Refused before work began, or for what the client sent.
    Rejected,
}

impl Reason {
    /// The label value.
    pub(crate) const fn label(self) -> &'static str {
        REASONS[self as usize]
    }

    /// The HTTP status of the answer.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::QueueFull => 429,
            Self::Draining => 503,
            // Nobody reads the answer to a client that is gone.
            Self::BadJson
            | Self::BadRequest
            | Self::RepeatedKey
            | Self::RowMismatch
            | Self::ClientGone => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::TooLarge
            | Self::TooManyRows
            | Self::TooManyColumns
            | Self::ValueTooLong
            | Self::CellTooLong => 413,
            Self::TooSlow => 408,
            Self::Deadline => 504,
            Self::NoStorage => 507,
            Self::WriteError | Self::Fault | Self::Internal => 500,
        }
    }
}

/// A reason with its circumstances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The reason.
    pub(crate) reason: Reason,
    /// What happened and what to do, for the person who sent the request.
    pub(crate) message: String,
    /// What the system said, for the log only: it may name paths.
    pub(crate) cause: Option<String>,
    /// Byte of the request body where it happened.
    pub(crate) offset: Option<u64>,
    /// A status other than the reason's own.
    pub(crate) status: Option<u16>,
    /// Seconds after which another try has a chance.
    pub(crate) retry_after_seconds: Option<u64>,
    /// How to prove who one is: the value of `WWW-Authenticate`.
    pub(crate) challenge: Option<String>,
}

impl Problem {
    /// A problem with a sentence.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            reason,
            message,
            cause: None,
            offset: None,
            status: None,
            retry_after_seconds: None,
            challenge: None,
        }
    }

    /// At this byte of the body.
    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> u16 {
        self.status.unwrap_or_else(|| self.reason.status())
    }

    /// How it is counted: 4xx and refusals are `rejected`, except a client that
    /// left an export which had begun.
    pub(crate) fn outcome(&self, accepted: bool) -> Outcome {
        match self.reason {
            Reason::Fault => Outcome::Failed,
            Reason::ClientGone if accepted => Outcome::Failed,
            Reason::Draining => Outcome::Rejected,
            _ if self.reason.status() < 500 => Outcome::Rejected,
            _ => Outcome::Failed,
        }
    }
}

/// Everything, for the log.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        match self.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

/// Failures to write files: a full or read-only disk is told from the rest.
impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{
            FileTooLarge, NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem,
            StorageFull,
        };
        let reason = match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge | ReadOnlyFilesystem | PermissionDenied
            | NotFound => Reason::NoStorage,
            _ => Reason::WriteError,
        };
        let message = format!("the file could not be written: {}", error.kind());
        Self { cause: Some(error.to_string()), ..Self::new(reason, message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_own_label() {
        assert_eq!(Reason::QueueFull.label(), "queue_full");
        assert_eq!(Reason::Internal.label(), "internal");
        assert_eq!(Reason::Internal as usize + 1, REASONS.len());
    }

    #[test]
    fn what_the_client_sent_is_rejected_and_what_we_lost_is_failed() {
        let outcome = |reason| Problem::new(reason, "").outcome(true);
        assert_eq!(outcome(Reason::BadJson), Outcome::Rejected);
        assert_eq!(outcome(Reason::QueueFull), Outcome::Rejected);
        assert_eq!(outcome(Reason::Draining), Outcome::Rejected);
        assert_eq!(outcome(Reason::NoStorage), Outcome::Failed);
        assert_eq!(outcome(Reason::ClientGone), Outcome::Failed);
        assert_eq!(Problem::new(Reason::ClientGone, "").outcome(false), Outcome::Rejected);
    }

    #[test]
    fn a_full_disk_is_507_and_a_broken_one_500() {
        let full = Problem::from(std::io::Error::from(std::io::ErrorKind::StorageFull));
        let broken = Problem::from(std::io::Error::other("cable"));
        assert_eq!((full.status(), broken.status()), (507, 500));
    }

    #[test]
    fn paths_are_for_the_log_and_not_for_the_client() {
        let kind = std::io::ErrorKind::PermissionDenied;
        let problem = Problem::from(std::io::Error::new(kind, "denied at path \"/srv/x\""));
        assert_eq!(problem.message, "the file could not be written: permission denied");
        assert!(problem.to_string().contains("/srv/x"), "{problem}");
    }
}
