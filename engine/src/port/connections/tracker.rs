//! The state of one connection: what it waits for, since when, and how long it may.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Peer, Reason};
use crate::port::limits::{GRACE, Limits};

/// One connection, shared by the task that serves it and by the list of all connections.
pub(in crate::port) struct Tracker {
    pub(super) id: u64,
    pub(super) peer: Peer,
    phase: Mutex<Phase>,
    closed: Notify,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// No request is being handled.
    Waiting {
        /// Since the connection was accepted, or its last response was sent.
        since: Instant,
        /// Since when headers are expected or arrive; none between two requests.
        header_since: Option<Instant>,
        /// True if the connection has completed a request.
        served: bool,
    },
    /// A request is being handled, or its response sent.
    Active {
        /// Since the headers were complete.
        since: Instant,
        /// Size of the response; 0 until there is one.
        response_bytes: usize,
    },
}

impl Tracker {
    pub(super) fn new(id: u64, peer: Peer, now: Instant) -> Self {
        let phase = Phase::Waiting { since: now, header_since: Some(now), served: false };
        Self { id, peer, phase: Mutex::new(phase), closed: Notify::new() }
    }

    /// Bytes arrived.
    pub(in crate::port) fn received(&self, now: Instant) {
        if let Phase::Waiting { header_since, .. } = &mut *self.lock() {
            header_since.get_or_insert(now);
        }
    }

    /// All headers of a request arrived.
    pub(in crate::port) fn requested(&self, now: Instant) {
        *self.lock() = Phase::Active { since: now, response_bytes: 0 };
    }

    /// There is a response of `bytes`.
    pub(super) fn responding(&self, bytes: usize) {
        if let Phase::Active { response_bytes, .. } = &mut *self.lock() {
            *response_bytes = bytes;
        }
    }

    /// The response was handed over to the socket.
    pub(in crate::port) fn responded(&self, now: Instant) {
        *self.lock() = Phase::Waiting { since: now, header_since: None, served: true };
    }

    /// Returns the moment at which the connection is to be closed, and for which reason.
    pub(in crate::port) fn deadline(&self, limits: &Limits) -> (Instant, Reason) {
        match *self.lock() {
            Phase::Waiting { header_since: Some(since), .. } => {
                (after(since, limits.header_timeout), Reason::HeaderTimeout)
            }
            Phase::Waiting { since, .. } => (after(since, limits.idle_timeout), Reason::IdleTimeout),
            Phase::Active { since, .. } => (after(since, limits.request_timeout), Reason::RequestTimeout),
        }
    }

    /// The order in which connections are closed when there are too many: those that have sent no request in a while, then
    /// those between two requests, then new ones, then those with a request under way; in each class the oldest first.
    ///
    /// New connections come after idle ones: otherwise a client that holds all places with completed requests could keep
    /// evicting each new connection before its first request is read.
    pub(super) fn rank(&self, now: Instant) -> (u8, Instant) {
        match *self.lock() {
            Phase::Waiting { since, served: false, .. } if now.duration_since(since) >= GRACE => (0, since),
            Phase::Waiting { since, served: true, .. } => (1, since),
            Phase::Waiting { since, .. } => (2, since),
            Phase::Active { since, .. } => (3, since),
        }
    }

    pub(super) fn since(&self) -> Instant {
        match *self.lock() {
            Phase::Waiting { since, .. } | Phase::Active { since, .. } => since,
        }
    }

    pub(super) fn response_bytes(&self) -> usize {
        match *self.lock() {
            Phase::Active { response_bytes, .. } => response_bytes,
            Phase::Waiting { .. } => 0,
        }
    }

    /// Asks the task that serves the connection to close it.
    pub(super) fn close(&self) {
        self.closed.notify_one();
    }

    /// Waits for [`Tracker::close`].
    pub(in crate::port) async fn closed(&self) {
        self.closed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn after(since: Instant, time: Duration) -> Instant {
    since.checked_add(time).unwrap_or(since)
}
