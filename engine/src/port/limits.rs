//! Limits of the HTTP server: connections, and the time that each of their parts may take.
//!
//! Together they bound memory and descriptors, whatever clients do: detection, the store and the sinks keep theirs.

use std::time::Duration;

/// Bytes of a request line and its headers. A request with more is answered with 431.
pub(super) const HEADER_BYTES_MAX: usize = 16 << 10;

/// Bytes of a request's body. No path reads one, and some clients send an empty object.
pub(super) const BODY_BYTES_MAX: u64 = 4 << 10;

/// Bytes of all responses that clients have not taken yet. Beyond that the oldest of them is dropped.
pub(super) const RESPONSE_BYTES_MAX: usize = 64 << 20;

/// Bytes of a response that are handed to a connection at a time.
pub(super) const CHUNK_BYTES: usize = 16 << 10;

/// Time for which a new connection is not the first choice when one has to be closed in favor of another.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// Pause after the operating system refused to accept a connection, for lack of descriptors or memory.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Descriptors that the server leaves to detection, the store and the sinks.
pub const DESCRIPTORS_RESERVED: u64 = 256;

/// Limits of the HTTP server that operators can change. The defaults are in the table of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Open connections.
    pub connections_max: usize,
    /// Open connections of one peer: an IPv4 address, or a /64 of IPv6.
    pub connections_per_peer_max: usize,
    /// Time to send the request line and all headers.
    pub header_timeout: Duration,
    /// Time between two requests of one connection.
    pub idle_timeout: Duration,
    /// Time from the end of the headers until the client has taken the whole response.
    pub request_timeout: Duration,
}

impl Limits {
    /// Lowers the number of connections so that `reserved` descriptors of `descriptors_max` are left for everything else, or
    /// three quarters of them if that is more than the limit allows. `descriptors_max` is none if there is no limit.
    pub fn within(self, descriptors_max: Option<u64>, reserved: u64) -> Self {
        let Some(descriptors_max) = descriptors_max else { return self };
        // One connection more is open while an accepted one waits for its predecessor to close.
        let rest = descriptors_max.saturating_sub(reserved).max(descriptors_max / 4).saturating_sub(1).max(1);
        let connections_max = self.connections_max.min(usize::try_from(rest).unwrap_or(usize::MAX));
        let connections_per_peer_max = self.connections_per_peer_max.min(connections_max);
        Self { connections_max, connections_per_peer_max, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_never_takes_the_reserved_descriptors() {
        let limits = Limits {
            connections_max: 512,
            connections_per_peer_max: 128,
            header_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(75),
            request_timeout: Duration::from_secs(30),
        };
        let within = |descriptors_max| {
            let limits = limits.clone().within(descriptors_max, DESCRIPTORS_RESERVED);
            (limits.connections_max, limits.connections_per_peer_max)
        };
        assert_eq!(within(None), (512, 128));
        assert_eq!(within(Some(1_048_576)), (512, 128));
        assert_eq!(within(Some(1_024)), (512, 128));
        assert_eq!(within(Some(512)), (255, 128));
        assert_eq!(within(Some(300)), (74, 74));
        assert_eq!(within(Some(256)), (63, 63));
        assert_eq!(within(Some(0)), (1, 1));
        for descriptors_max in 8..2_000_u64 {
            let (taken, _) = within(Some(descriptors_max));
            let left = descriptors_max - u64::try_from(taken).unwrap() - 1;
            assert!(left >= DESCRIPTORS_RESERVED.min(descriptors_max / 4 * 3), "{descriptors_max}: {left}");
        }
    }
}
