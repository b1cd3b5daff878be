//! Who had this machine's CPU while the load ran: sampled beside the client's own
//! series, so that a saved run is judged again by the same evidence.
//!
//! It exists because a service that was starved by its neighbours is slow, and is not
//! at fault. Nothing is judged here, and nothing is guessed: where the texts of `/proc`
//! are not there, or where it is not certain which processes are the target, there is
//! no series. The CPU limit of a container is not looked at: what runs against its
//! own limit is not starved by others.

mod meter;
mod proc_text;

pub use meter::MachineMeter;

/// CPU seconds of this machine since the first sample, by `owner`.
pub const CPU_SECONDS: &str = "slogate_machine_cpu_seconds_total";
/// The label that says whose they were.
pub const OWNER: &str = "owner";

/// Whose CPU time it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's, waiting for a disk included.
    Idle,
    /// Interrupts: much of a load on loopback is in them, and they are charged to no process.
    Interrupts,
    /// This process.
    Generator,
    /// The service that slogate started, with everything in its process group.
    Target,
    /// Everybody else, and what a hypervisor gave to other machines.
    Other,
}

impl Owner {
    /// The value of the label.
    pub fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Interrupts => "interrupts",
            Self::Generator => "generator",
            Self::Target => "target",
            Self::Other => "other",
        }
    }
}
