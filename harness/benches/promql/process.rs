//! Processes of the benchmark: this program again in another role, and Prometheus, on one core.

use std::process::{Child, Command};

use crate::Failure;

/// The core of whoever evaluates.
const EVALUATING_CORE: &str = "1";

/// The roles of this program.
pub(crate) const EVALUATOR: &str = "role:evaluator";
pub(crate) const HOUR: &str = "role:hour";

/// A program on the core.
pub(crate) fn pinned(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", EVALUATING_CORE, program]);
    command
}

/// This program in a role.
pub(crate) fn this(role: &str) -> Result<Command, Failure> {
    let mut command = pinned(&std::env::current_exe()?.to_string_lossy());
    command.arg(role);
    Ok(command)
}

/// A process that ends with this value.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
