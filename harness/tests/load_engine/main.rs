//! The load engine against scripted servers: what arrives, what is counted, and when.

mod phases;
mod support;
