//! What keeps one request from harming the others: places to run and to wait
//! in, and a watch on clients that leave while they wait.

pub(crate) mod admission;
pub(crate) mod connection;
