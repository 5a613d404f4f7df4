//! How much may wait in a queue, in bytes: a batch of a thousand small hits and one of a hundred large ones are not the same.

use std::sync::{Condvar, Mutex, PoisonError};

/// Room for so many bytes.
#[derive(Debug)]
pub(super) struct Gate {
    bytes_max: usize,
    inner: Mutex<Inner>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    held: usize,
    /// Nobody takes anything out any more.
    open: bool,
}

impl Gate {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, inner: Mutex::default(), freed: Condvar::new() }
    }

    /// Waits until there is room. What is larger than all the room waits until nothing else is in it.
    pub(super) fn enter(&self, bytes: usize) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |inner: &mut Inner| !inner.open && inner.held > 0 && inner.held + bytes > self.bytes_max;
        let mut inner = self.freed.wait_while(inner, full).unwrap_or_else(PoisonError::into_inner);
        inner.held += bytes;
    }

    /// What entered has left. Returns how much is still in.
    pub(super) fn leave(&self, bytes: usize) -> usize {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.held = inner.held.saturating_sub(bytes);
        self.freed.notify_all();
        inner.held
    }

    /// Lets everybody in from now on: nobody takes anything out any more, and who sends will see that.
    pub(super) fn open(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        self.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_is_in_than_there_is_room_for_and_the_large_goes_alone() {
        let (gate, inside, most) = (Gate::new(100), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for n in 0..8 {
                let (gate, inside, most) = (&gate, &inside, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = [10, 40, 99, 250][(n + round) % 4];
                        gate.enter(bytes);
                        let now = inside.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 100 || now == bytes, "{now} with {bytes}");
                        most.fetch_max(now, Ordering::SeqCst);
                        inside.fetch_sub(bytes, Ordering::SeqCst);
                        gate.leave(bytes);
                    }
                });
            }
        });
        assert_eq!((gate.leave(0), most.load(Ordering::SeqCst)), (0, 250));
    }

    #[test]
    fn who_waits_when_nobody_takes_anything_out_any_more_goes_on() {
        let gate = Arc::new(Gate::new(1));
        gate.enter(1);
        let waiting = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter(1))
        };
        gate.open();
        waiting.join().unwrap();
    }
}
