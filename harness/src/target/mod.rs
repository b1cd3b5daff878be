//! The service under load: finding it, seeing that it is there, and the reference
//! service as a process of its own.
//!
//! A host name is resolved once, here; load and scrapes go to the same address.
//! This module sends no request and judges nothing.

mod error;
mod log_tail;
mod reference;
mod resolve;

pub use error::TargetError;
pub use reference::ReferenceProcess;
pub use resolve::{CONNECT_WITHIN, Resolved, resolve};
