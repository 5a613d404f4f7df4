//! Which connection is closed in favor of another one. No sockets, and time is made up.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use super::super::connections::{Connections, Peer, Place, Reason};
use super::super::limits::RESPONSE_BYTES_MAX;
use super::*;

/// Connections within small limits, and a runtime to wait on.
struct World {
    connections: Arc<Connections>,
    metrics: Metrics,
    began: Instant,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new(connections_max: usize, connections_per_peer_max: usize) -> Self {
        let metrics = Metrics::new().unwrap();
        let limits = Limits { connections_max, connections_per_peer_max, ..limits() };
        let connections = Arc::new(Connections::new(limits, metrics.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { connections, metrics, began: Instant::now(), runtime }
    }

    fn at(&self, ms: u64) -> Instant {
        self.began + Duration::from_millis(ms)
    }

    /// Admits a connection while there is a place for its socket.
    fn admit(&self, peer: &str, ms: u64) -> Place {
        self.runtime.block_on(self.connections.admit(peer_of(peer), self.at(ms))).unwrap()
    }

    /// Admits a connection, and returns the one that was closed for it. `open` holds the places of all others.
    fn replace(&self, peer: &str, ms: u64, open: &mut Vec<Place>) -> usize {
        let (closed, place) = self.runtime.block_on(async {
            let admitted = tokio::spawn({
                let (connections, peer, now) = (Arc::clone(&self.connections), peer_of(peer), self.at(ms));
                async move { connections.admit(peer, now).await.unwrap() }
            });
            tokio::task::yield_now().await;
            let mut closed = None;
            for (n, place) in open.iter().enumerate() {
                let asked = tokio::time::timeout(Duration::ZERO, place.tracker.closed()).await.is_ok();
                if asked {
                    assert_eq!(closed.replace(n), None, "two were closed for one");
                }
            }
            let closed = closed.unwrap();
            // The socket of the new connection is served only after the old one is gone.
            drop(open.remove(closed));
            (closed, admitted.await.unwrap())
        });
        open.push(place);
        closed
    }

    fn dropped(&self, reason: Reason) -> u64 {
        self.metrics.http_connections_dropped.with_label_values(&[reason.as_str()]).get()
    }
}

fn peer_of(address: &str) -> Peer {
    Peer::of(address.parse::<IpAddr>().unwrap())
}

#[test]
fn peers_are_addresses_and_networks_of_ipv6() {
    assert_eq!(peer_of("192.0.2.1"), peer_of("::ffff:192.0.2.1"));
    assert_ne!(peer_of("192.0.2.1"), peer_of("192.0.2.2"));
    assert_eq!(peer_of("2001:db8:1:2::1"), peer_of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(peer_of("2001:db8:1:2::1"), peer_of("2001:db8:1:3::1"));
}

#[test]
fn connections_without_a_request_go_first_then_idle_ones_then_new_ones_then_busy_ones() {
    let world = World::new(4, 4);
    let mut open: Vec<Place> = (0..4).map(|n| world.admit("192.0.2.1", n)).collect();
    // 0 is busy, 1 is between two requests, 2 has sent a part of its headers, 3 nothing.
    open[0].tracker.requested(world.at(5));
    open[1].tracker.requested(world.at(6));
    open[1].tracker.responded(world.at(7));
    open[2].tracker.received(world.at(8));
    // Bytes that trickle in make a connection no younger.
    open[2].tracker.received(world.at(4_999));
    assert_eq!(world.replace("192.0.2.1", 5_000, &mut open), 2);
    // Busy, idle, nothing for 5 s, new.
    assert_eq!(world.replace("192.0.2.1", 5_001, &mut open), 2);
    // Busy, idle, new, new.
    assert_eq!(world.replace("192.0.2.1", 5_002, &mut open), 1);
    // Busy, new, new, new.
    assert_eq!(world.replace("192.0.2.1", 5_003, &mut open), 1);
    for place in &open {
        place.tracker.requested(world.at(5_100));
    }
    // The one that has been busy for longest.
    assert_eq!(world.replace("192.0.2.1", 5_200, &mut open), 0);
    assert_eq!((world.dropped(Reason::Peer), world.dropped(Reason::Total)), (5, 0));
    assert_eq!(world.metrics.http_connections.get(), 4);
    drop(open);
    assert_eq!(world.metrics.http_connections.get(), 0);
}

#[test]
fn a_peer_closes_its_own_connections_and_the_largest_peer_makes_room_for_others() {
    let world = World::new(5, 3);
    let mut open = vec![world.admit("192.0.2.9", 0)];
    open.extend((1..4).map(|n| world.admit("2001:db8::1", n)));
    assert_eq!(world.replace("2001:db8::2", 4, &mut open), 1, "the older one of another peer stays");
    assert_eq!((world.dropped(Reason::Peer), world.dropped(Reason::Total)), (1, 0));
    open.push(world.admit("192.0.2.7", 5));
    assert_eq!(world.replace("192.0.2.8", 6, &mut open), 1, "of the peer with most");
    assert_eq!((world.dropped(Reason::Peer), world.dropped(Reason::Total)), (1, 1));
}

#[test]
fn responses_that_nobody_takes_are_dropped_oldest_first() {
    let world = World::new(8, 8);
    let open: Vec<Place> = (0..4).map(|n| world.admit("192.0.2.1", n)).collect();
    let third = RESPONSE_BYTES_MAX / 3;
    for (n, place) in (10..).zip(&open) {
        place.tracker.requested(world.at(n));
    }
    for place in &open[..3] {
        world.connections.respond(&place.tracker, third);
    }
    assert_eq!(world.dropped(Reason::ResponseMemory), 0);
    world.connections.respond(&open[3].tracker, third);
    assert_eq!(world.dropped(Reason::ResponseMemory), 1);
    world.runtime.block_on(open[0].tracker.closed());
    // One that was taken counts no more.
    open[1].tracker.responded(world.at(20));
    open[3].tracker.responded(world.at(21));
    open[3].tracker.requested(world.at(22));
    world.connections.respond(&open[3].tracker, third);
    assert_eq!(world.dropped(Reason::ResponseMemory), 1);
}

#[test]
fn every_phase_has_its_deadline() {
    let world = World::new(1, 1);
    let limits = Limits {
        header_timeout: Duration::from_millis(5),
        idle_timeout: Duration::from_millis(75),
        request_timeout: Duration::from_millis(30),
        ..limits()
    };
    let place = world.admit("192.0.2.1", 0);
    let tracker = &place.tracker;
    let deadline = || tracker.deadline(&limits);
    assert_eq!(deadline(), (world.at(5), Reason::HeaderTimeout));
    tracker.received(world.at(4));
    assert_eq!(deadline(), (world.at(5), Reason::HeaderTimeout), "a byte buys no time");
    tracker.requested(world.at(5));
    assert_eq!(deadline(), (world.at(35), Reason::RequestTimeout));
    tracker.received(world.at(6));
    assert_eq!(deadline(), (world.at(35), Reason::RequestTimeout));
    tracker.responded(world.at(10));
    assert_eq!(deadline(), (world.at(85), Reason::IdleTimeout));
    tracker.received(world.at(80));
    tracker.received(world.at(84));
    assert_eq!(deadline(), (world.at(85), Reason::HeaderTimeout));
}
