//! Who may run, who waits, who is sent away.
//!
//! A fixed number of exports run; a fixed number wait, first come first served;
//! the next one is refused with an estimate of when to come back. Draining
//! refuses everyone who does not run yet. This module knows neither HTTP nor
//! what an export is.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Why no place is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// As many wait as may.
    QueueFull {
        /// When those who wait now should have left the queue.
        retry_after: Duration,
    },
    /// The service is shutting down.
    Draining,
}

/// Places to run and to wait in.
#[derive(Debug)]
pub(crate) struct Admission {
    places: Arc<Semaphore>,
    max_concurrent: usize,
    max_queue: usize,
    waiting: AtomicUsize,
    draining: CancellationToken,
    durations: Mutex<AverageDuration>,
}

/// A place to run in, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    admission: Arc<Admission>,
    since: Instant,
    _place: OwnedSemaphorePermit,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let held = self.since.elapsed();
        let mut durations = self.admission.durations.lock().unwrap_or_else(PoisonError::into_inner);
        durations.add(held);
    }
}

/// One who waits; leaves the queue when dropped, for whatever reason.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Admission {
    /// `max_concurrent` places to run in, `max_queue` to wait in.
    pub(crate) fn new(max_concurrent: usize, max_queue: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max_concurrent)),
            max_concurrent,
            max_queue,
            waiting: AtomicUsize::new(0),
            draining: CancellationToken::new(),
            durations: Mutex::new(AverageDuration::default()),
        }
    }

    /// A place to run in, at once or after waiting in line.
    ///
    /// Dropping the future leaves the line.
    pub(crate) async fn enter(self: &Arc<Self>) -> Result<Slot, Refused> {
        if self.is_draining() {
            return Err(Refused::Draining);
        }
        // A fair semaphore: this fails while anybody waits.
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(self.slot(place));
        }
        let _waiting = self.join_queue()?;
        tokio::select! {
            biased;
            () = self.draining.cancelled() => Err(Refused::Draining),
            place = Arc::clone(&self.places).acquire_owned() => {
                place.map(|place| self.slot(place)).map_err(|_| Refused::Draining)
            }
        }
    }

    /// Exports that run now.
    pub(crate) fn running(&self) -> usize {
        self.max_concurrent.saturating_sub(self.places.available_permits())
    }

    /// Exports that wait now.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Places to run in.
    pub(crate) fn max_concurrent(&self) -> usize {
        self.max_concurrent
    }

    /// Places to wait in.
    pub(crate) fn max_queue(&self) -> usize {
        self.max_queue
    }

    /// Whether new exports are refused.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Returns when new exports are refused.
    pub(crate) async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Refuses whoever waits or comes from now on, and returns when nothing runs.
    pub(crate) async fn drain(&self) {
        self.draining.cancel();
        let all = u32::try_from(self.max_concurrent).unwrap_or(u32::MAX);
        // An error would mean a closed semaphore, and nobody closes it.
        let _all_places = self.places.acquire_many(all).await;
    }

    fn slot(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Slot {
        Slot { admission: Arc::clone(self), since: Instant::now(), _place: place }
    }

    fn join_queue(&self) -> Result<Waiting<'_>, Refused> {
        let joined = self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, |waiting| {
            (waiting < self.max_queue).then_some(waiting + 1)
        });
        match joined {
            Ok(_) => Ok(Waiting(&self.waiting)),
            Err(waiting) => Err(Refused::QueueFull { retry_after: self.retry_after(waiting) }),
        }
    }

    /// When those who wait now should be through: their number, times how long
    /// an export takes lately, over how many run at once.
    fn retry_after(&self, waiting: usize) -> Duration {
        let durations = self.durations.lock().unwrap_or_else(PoisonError::into_inner);
        durations.mean().mul_f64((waiting + 1) as f64 / self.max_concurrent as f64)
    }
}

/// A mean that forgets: each new duration weighs [`NEW_DURATION_WEIGHT`].
#[derive(Debug, Default)]
struct AverageDuration {
    mean_seconds: Option<f64>,
}

/// About the last ten exports matter: enough to be calm, few enough to follow.
const NEW_DURATION_WEIGHT: f64 = 0.2;

impl AverageDuration {
    fn add(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let mean = self.mean_seconds.unwrap_or(seconds);
        self.mean_seconds = Some(mean + (seconds - mean) * NEW_DURATION_WEIGHT);
    }

    /// Nothing is known before the first export ends: one second is a guess.
    fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.mean_seconds.unwrap_or(1.0))
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use futures_util::{FutureExt, future::poll_immediate};

    use super::*;

    fn admission(max_concurrent: usize, max_queue: usize) -> Arc<Admission> {
        Arc::new(Admission::new(max_concurrent, max_queue))
    }

    async fn is_pending(future: impl Future + Unpin) -> bool {
        poll_immediate(future).await.is_none()
    }

    #[tokio::test]
    async fn runs_five_lets_a_hundred_wait_and_refuses_the_next() {
        let admission = admission(5, 100);
        let mut slots = Vec::new();
        for _ in 0..5 {
            slots.push(admission.enter().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..100).map(|_| admission.enter().boxed()).collect();
        for future in &mut waiting {
            assert!(is_pending(future).await);
        }
        assert_eq!((admission.running(), admission.waiting()), (5, 100));
        assert!(matches!(admission.enter().await, Err(Refused::QueueFull { .. })));
    }

    #[tokio::test]
    async fn lets_those_who_wait_in_first_come_first_served() {
        let admission = admission(1, 2);
        let slot = admission.enter().await.unwrap();
        let mut first = admission.enter().boxed();
        let mut second = admission.enter().boxed();
        assert!(is_pending(&mut first).await && is_pending(&mut second).await);
        drop(slot);
        assert!(is_pending(&mut second).await);
        assert!(poll_immediate(&mut first).await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn one_who_leaves_the_queue_frees_the_place() {
        let admission = admission(1, 1);
        let _slot = admission.enter().await.unwrap();
        let mut waiting = admission.enter().boxed();
        assert!(is_pending(&mut waiting).await);
        drop(waiting);
        assert_eq!(admission.waiting(), 0);
        assert!(is_pending(admission.enter().boxed()).await);
    }

    #[tokio::test]
    async fn draining_refuses_those_who_wait_and_ends_when_nothing_runs() {
        let admission = admission(1, 1);
        let slot = admission.enter().await.unwrap();
        let mut waiting = admission.enter().boxed();
        assert!(is_pending(&mut waiting).await);
        let mut drained = admission.drain().boxed();
        assert!(is_pending(&mut drained).await);
        assert!(matches!(waiting.await, Err(Refused::Draining)));
        assert!(matches!(admission.enter().await, Err(Refused::Draining)));
        drop(slot);
        drained.await;
    }

    #[test]
    fn retry_after_grows_with_the_queue_and_the_length_of_exports() {
        let admission = Admission::new(5, 100);
        admission.durations.lock().unwrap().add(Duration::from_secs(10));
        assert_eq!(admission.retry_after(4), Duration::from_secs(10));
        assert_eq!(admission.retry_after(99), Duration::from_secs(200));
    }
}
