//! Work on files that may never answer: a network file system can hang for ever, and no thread that waits for it can be ended.

use std::io;
use std::panic;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::pipeline::health::Stop;

/// Time between two looks at whether the service is to end.
const STOP_AFTER: Duration = Duration::from_millis(50);

/// Reason why there is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoResult {
    /// It took too long, and its thread was abandoned.
    #[error("reading the rule files took longer than {} s; do they lie on a file system that does not answer?", .0.as_secs_f32())]
    TimedOut(Duration),
    /// An abandoned thread still waits.
    #[error("an earlier attempt to read the rule files still waits for the file system")]
    Busy,
    /// The service ends.
    #[error("the service ends")]
    Ends,
    /// No thread is to be had.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
}

/// Runs work on a thread of its own, and abandons the thread after a time limit or when the service is to end. At most one abandoned
/// thread exists: before it has ended, no other work is begun.
pub(super) struct FileWork {
    timeout: Duration,
    stop: Arc<Stop>,
    abandoned: Option<JoinHandle<()>>,
}

impl FileWork {
    /// Allows each piece of work to take `timeout`.
    pub(super) fn new(timeout: Duration, stop: Arc<Stop>) -> Self {
        Self { timeout, stop, abandoned: None }
    }

    /// Runs `work` and returns its result.
    ///
    /// # Errors
    /// There is no result in time.
    pub(super) fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoResult> {
        if self.abandoned.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Err(NoResult::Busy);
        }
        let (sender, results) = mpsc::channel();
        let thread = thread::Builder::new().name("rule files".to_owned()).spawn(move || {
            // The caller may have abandoned it.
            let _ = sender.send(work());
        })?;
        let until = Instant::now() + self.timeout;
        loop {
            match results.recv_timeout(STOP_AFTER) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Disconnected) => match thread.join() {
                    Err(panic) => panic::resume_unwind(panic),
                    Ok(()) => return Err(NoResult::Ends),
                },
                Err(RecvTimeoutError::Timeout) => {}
            }
            let reason = if self.stop.is_asked() {
                NoResult::Ends
            } else if Instant::now() >= until {
                NoResult::TimedOut(self.timeout)
            } else {
                continue;
            };
            self.abandoned = Some(thread);
            return Err(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_hangs_is_abandoned_once_and_tried_again_when_it_has_ended() {
        let mut work = FileWork::new(Duration::from_millis(60), Arc::default());
        assert_eq!(work.run(|| 7).unwrap(), 7);
        let (release, released) = mpsc::channel::<()>();
        let hangs = move || {
            let _ = released.recv();
        };
        assert!(matches!(work.run(hangs), Err(NoResult::TimedOut(_))));
        assert!(matches!(work.run(|| 7), Err(NoResult::Busy)), "no second thread hangs");
        drop(release);
        while !work.abandoned.as_ref().unwrap().is_finished() {
            thread::yield_now();
        }
        assert_eq!(work.run(|| 8).unwrap(), 8);
    }

    #[test]
    fn a_service_that_ends_does_not_wait() {
        let stop = Arc::new(Stop::default());
        let mut work = FileWork::new(Duration::from_secs(3_600), Arc::clone(&stop));
        let (_held, released) = mpsc::channel::<()>();
        stop.ask();
        let hangs = move || {
            let _ = released.recv();
        };
        assert!(matches!(work.run(hangs), Err(NoResult::Ends)));
    }
}
