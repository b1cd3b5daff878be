//! The service under load: finding it, seeing that it is there, and starting it as a
//! process of its own where that is asked for.
//!
//! A host name is resolved once, here; load and scrapes go to the same address.
//! This module sends no request of the load and judges nothing.

pub mod codes;
mod command;
mod error;
mod guard;
mod log_tail;
mod lookup;
mod presence;
mod process;
mod reference;
mod resolve;

pub use command::StartCommand;
pub use error::TargetError;
pub use lookup::{addresses, first_that_accepts};
pub use presence::{has_gone, still_listens};
pub use process::TargetProcess;
pub use reference::start_reference;
pub use resolve::{CONNECT_WITHIN, Resolved, resolve};
