//! Waiting until an instant, to the microsecond where the system can.
//!
//! Tokio's own timer rounds up to the next millisecond; an open model that waits
//! with it inflates every latency by half of that. On Linux one timerfd per thread
//! is re-armed for each wait instead. Elsewhere tokio's clock has to do, and lag
//! shows the difference.

#[cfg(not(target_os = "linux"))]
pub(super) use portable::PreciseTimer;
#[cfg(target_os = "linux")]
pub(super) use timerfd::PreciseTimer;

#[cfg(target_os = "linux")]
mod timerfd {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::{Duration, Instant};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// One timer, re-armed for each wait.
    #[derive(Debug)]
    pub(in crate::load) struct PreciseTimer {
        descriptor: AsyncFd<OwnedFd>,
    }

    impl PreciseTimer {
        /// A timer on the runtime that it is made on.
        pub(in crate::load) fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let descriptor = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            #[expect(
                deprecated,
                reason = "its successor is unsafe, for types whose descriptor may change; an OwnedFd's never does"
            )]
            let descriptor = AsyncFd::with_interest(descriptor, Interest::READABLE)?;
            Ok(Self { descriptor })
        }

        /// Returns at `until` or a few microseconds later.
        pub(in crate::load) async fn wait_until(&mut self, until: Instant) -> io::Result<()> {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.arm(left)?;
            loop {
                let mut ready = self.descriptor.readable().await?;
                let mut expirations = [0_u8; 8];
                let read = ready.try_io(|descriptor| {
                    rustix::io::read(descriptor, &mut expirations).map_err(io::Error::from)
                });
                if let Ok(result) = read {
                    return result.map(|_| ());
                }
            }
        }

        fn arm(&self, left: Duration) -> io::Result<()> {
            let value = Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let once =
                Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
            timerfd_settime(&self.descriptor, TimerfdTimerFlags::empty(), &once)?;
            Ok(())
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod portable {
    use std::io;
    use std::time::Instant;

    /// Tokio's clock.
    #[derive(Debug)]
    pub(in crate::load) struct PreciseTimer;

    impl PreciseTimer {
        /// A timer on the runtime that it is made on.
        pub(in crate::load) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Returns at `until` or up to a millisecond later.
        pub(in crate::load) async fn wait_until(&mut self, until: Instant) -> io::Result<()> {
            tokio::time::sleep_until(until.into()).await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn never_returns_early_and_can_be_armed_again() {
        let mut timer = PreciseTimer::new().unwrap();
        for _ in 0..3 {
            let until = Instant::now() + Duration::from_micros(300);
            timer.wait_until(until).await.unwrap();
            assert!(Instant::now() >= until);
        }
    }

    #[tokio::test]
    async fn a_wait_that_was_given_up_does_not_shorten_the_next() {
        let mut timer = PreciseTimer::new().unwrap();
        let soon = Instant::now() + Duration::from_millis(1);
        assert!(timer.wait_until(soon).now_or_never().is_none());
        let until = Instant::now() + Duration::from_millis(5);
        timer.wait_until(until).await.unwrap();
        assert!(Instant::now() >= until);
    }
}
