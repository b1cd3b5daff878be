//! Codes of why a target cannot be loaded, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Targets",
    codes: &[
        NO_ADDRESS,
        CONNECTION_REFUSED,
        NO_CONNECTION,
        EMPTY_COMMAND,
        ALREADY_LISTENING,
        START_FAILED,
        ENDED_BEFORE_READY,
        NOT_READY,
        STOP_FAILED,
    ],
};

/// A host name that stands for no address.
pub const NO_ADDRESS: Code = Code::new(&["no-address", include_str!("codes/no-address.md")]);
/// Nobody listens at the target's address.
pub const CONNECTION_REFUSED: Code =
    Code::new(&["connection-refused", include_str!("codes/connection-refused.md")]);
/// The target's address does not let a connection come about.
pub const NO_CONNECTION: Code =
    Code::new(&["no-connection", include_str!("codes/no-connection.md")]);
/// There is nothing to start.
pub const EMPTY_COMMAND: Code =
    Code::new(&["empty-command", include_str!("codes/empty-command.md")]);
/// Somebody answers where a service is to be started.
pub const ALREADY_LISTENING: Code =
    Code::new(&["already-listening", include_str!("codes/already-listening.md")]);
/// A process that could not be started.
pub const START_FAILED: Code = Code::new(&["start-failed", include_str!("codes/start-failed.md")]);
/// A started service that ended before it answered.
pub const ENDED_BEFORE_READY: Code =
    Code::new(&["ended-before-ready", include_str!("codes/ended-before-ready.md")]);
/// A started service that did not get ready in time.
pub const NOT_READY: Code = Code::new(&["not-ready", include_str!("codes/not-ready.md")]);
/// A started process that could not be ended.
pub const STOP_FAILED: Code = Code::new(&["stop-failed", include_str!("codes/stop-failed.md")]);
