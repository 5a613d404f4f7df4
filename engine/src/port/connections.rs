//! The open connections of the HTTP server, and which of them is closed when there are too many.
//!
//! A new connection is always admitted. At a limit the oldest connection that does nothing is closed in its favor, so a client
//! that only holds sockets open keeps nobody out: not a probe, and not a scrape. Time is an argument.

mod tracker;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::limits::{Limits, RESPONSE_BYTES_MAX};
use crate::metrics::Metrics;
pub(super) use tracker::Tracker;

/// Reason for which the server closed a connection; a label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Another connection was accepted, and all places were taken.
    Total,
    /// Another connection of the same peer was accepted, and all places of the peer were taken.
    Peer,
    /// The operating system had no descriptor for another connection.
    Descriptors,
    /// The headers did not arrive in time.
    HeaderTimeout,
    /// The headers are larger than [`HEADER_BYTES_MAX`](super::limits::HEADER_BYTES_MAX).
    HeaderSize,
    /// The body is larger than [`BODY_BYTES_MAX`](super::limits::BODY_BYTES_MAX), or of unknown size.
    BodySize,
    /// No further request arrived in time.
    IdleTimeout,
    /// The response was not made, or not taken, in time.
    RequestTimeout,
    /// Responses that clients have not taken use more memory than [`RESPONSE_BYTES_MAX`].
    ResponseMemory,
}

impl Reason {
    /// Every reason, for tables.
    pub(super) const ALL: [Reason; 9] = [
        Reason::Total,
        Reason::Peer,
        Reason::Descriptors,
        Reason::HeaderTimeout,
        Reason::HeaderSize,
        Reason::BodySize,
        Reason::IdleTimeout,
        Reason::RequestTimeout,
        Reason::ResponseMemory,
    ];

    /// The value of the label.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Reason::Total => "total",
            Reason::Peer => "peer",
            Reason::Descriptors => "descriptors",
            Reason::HeaderTimeout => "header_timeout",
            Reason::HeaderSize => "header_size",
            Reason::BodySize => "body_size",
            Reason::IdleTimeout => "idle_timeout",
            Reason::RequestTimeout => "request_timeout",
            Reason::ResponseMemory => "response_memory",
        }
    }
}

/// The origin of a connection, as far as one client can be told from another: an IPv4 address, or a /64 of IPv6, of which a
/// single machine usually has all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Peer(IpAddr);

impl Peer {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)))),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

/// All open connections.
pub(super) struct Connections {
    limits: Limits,
    metrics: Metrics,
    /// One permit for each connection whose socket is open.
    places: Arc<Semaphore>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last_id: u64,
    by_id: BTreeMap<u64, Arc<Tracker>>,
}

/// A place among the open connections, until it is dropped.
pub(super) struct Place {
    pub(super) tracker: Arc<Tracker>,
    pub(super) connections: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.by_id.remove(&self.tracker.id);
        self.connections.count(&open);
    }
}

impl Connections {
    pub(super) fn new(limits: Limits, metrics: Metrics) -> Self {
        // A counter that is first seen at one has grown by nothing, to Prometheus.
        for reason in Reason::ALL {
            metrics.http_connections_dropped.with_label_values(&[reason.as_str()]);
        }
        metrics.http_connections_max.set(signed(limits.connections_max));
        let places = Arc::new(Semaphore::new(limits.connections_max));
        Self { limits, metrics, places, open: Mutex::default() }
    }

    /// Admits a connection; closes another one if there are too many. Waits until that one's socket is closed.
    pub(super) async fn admit(self: &Arc<Self>, peer: Peer, now: Instant) -> Option<Place> {
        let tracker = self.register(peer, now);
        // The semaphore is never closed.
        let permit = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(Place { tracker, connections: Arc::clone(self), _permit: permit })
    }

    fn register(&self, peer: Peer, now: Instant) -> Arc<Tracker> {
        let mut open = self.lock();
        let of_peer = open.by_id.values().filter(|tracker| tracker.peer == peer).count();
        if of_peer >= self.limits.connections_per_peer_max {
            self.close_oldest(&mut open, Some(peer), now, Reason::Peer);
        } else if open.by_id.len() >= self.limits.connections_max {
            let largest = open.largest_peer();
            self.close_oldest(&mut open, largest, now, Reason::Total);
        }
        open.last_id += 1;
        let tracker = Arc::new(Tracker::new(open.last_id, peer, now));
        open.by_id.insert(tracker.id, Arc::clone(&tracker));
        self.count(&open);
        tracker
    }

    /// Closes the oldest connection because the operating system has no descriptor left.
    pub(super) fn free_descriptor(&self, now: Instant) {
        let mut open = self.lock();
        self.close_oldest(&mut open, None, now, Reason::Descriptors);
        self.count(&open);
    }

    /// Notes that `tracker` has a response of `bytes` to send. Closes the connections that have been sending for longest while
    /// all responses together use too much memory.
    pub(super) fn respond(&self, tracker: &Tracker, bytes: usize) {
        tracker.responding(bytes);
        let mut open = self.lock();
        let mut held: usize = open.by_id.values().map(|tracker| tracker.response_bytes()).sum();
        while held > RESPONSE_BYTES_MAX {
            let sending =
                open.by_id.values().filter(|other| other.id != tracker.id && other.response_bytes() > 0);
            let Some(oldest) = sending.min_by_key(|other| other.since()).cloned() else { break };
            held = held.saturating_sub(oldest.response_bytes());
            self.close(&mut open, &oldest, Reason::ResponseMemory);
        }
        self.count(&open);
    }

    /// Counts a connection that the server closes for `reason`.
    pub(super) fn dropped(&self, reason: Reason) {
        self.metrics.http_connections_dropped.with_label_values(&[reason.as_str()]).inc();
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Closes the connection that is needed least: of `peer`, or of all.
    fn close_oldest(&self, open: &mut Open, peer: Option<Peer>, now: Instant, reason: Reason) {
        let candidates = open.by_id.values().filter(|tracker| peer.is_none_or(|peer| tracker.peer == peer));
        if let Some(oldest) = candidates.min_by_key(|tracker| tracker.rank(now)).cloned() {
            self.close(open, &oldest, reason);
        }
    }

    fn close(&self, open: &mut Open, tracker: &Arc<Tracker>, reason: Reason) {
        open.by_id.remove(&tracker.id);
        tracker.close();
        self.dropped(reason);
    }

    fn count(&self, open: &Open) {
        self.metrics.http_connections.set(signed(open.by_id.len()));
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The peer with most connections.
    fn largest_peer(&self) -> Option<Peer> {
        let mut counts: HashMap<Peer, usize> = HashMap::new();
        for tracker in self.by_id.values() {
            *counts.entry(tracker.peer).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(peer, _)| peer)
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
