//! Processor time, in milliseconds.

use rustix::time::{ClockId, clock_gettime};

/// Of this thread while `work` runs.
pub(crate) fn of_thread(work: impl FnOnce()) -> f64 {
    let before = clock_gettime(ClockId::ThreadCPUTime);
    work();
    let after = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = (after.tv_sec - before.tv_sec) as f64;
    let nanoseconds = (after.tv_nsec - before.tv_nsec) as f64;
    seconds * 1e3 + nanoseconds / 1e6
}

/// Of all threads that a process has, since each began: the first figure of
/// `schedstat`, nanoseconds on a processor.
pub(crate) fn of_process(id: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let nanoseconds: f64 = tasks
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next()?.parse::<f64>().ok())
        .sum();
    nanoseconds / 1e6
}
