//! Which addresses a sink may call.
//!
//! Whoever can write a sink's address, or answer for its name, must not reach through us what only we can reach. So this
//! lists what is public, and refuses the rest. Invariant: an address inside an address is judged like itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What stands where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Anybody's to call.
    Public,
    /// Ours or our neighbours': called when the operator says so.
    Private,
    /// Nobody's receiver: instance metadata, groups, examples, the future.
    Never,
}

/// Whether a sink may call an address.
pub(super) fn allowed(address: IpAddr, allow_private: bool) -> bool {
    let zone = match address {
        IpAddr::V4(v4) => zone_v4(v4),
        IpAddr::V6(v6) => zone_v6(v6),
    };
    match zone {
        Zone::Public => true,
        Zone::Private => allow_private,
        Zone::Never => false,
    }
}

/// Addresses at which clouds hand out credentials to whoever asks: AWS instances and containers, Alibaba, Azure, Oracle.
const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
/// The same over IPv6: AWS instances, AWS containers, Google.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

fn zone_v4(address: Ipv4Addr) -> Zone {
    if METADATA_V4.contains(&address) {
        return Zone::Never;
    }
    match address.octets() {
        // Loopback; RFC 1918; behind carriers' translators; link-local.
        [127, ..] | [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [169, 254, ..] => {
            Zone::Private
        }
        // "This network"; protocol assignments; examples; relays; benchmarks; groups, reserved, broadcast.
        [0, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Zone::Never,
        _ => Zone::Public,
    }
}

fn zone_v6(address: Ipv6Addr) -> Zone {
    if METADATA_V6.contains(&address) {
        return Zone::Never;
    }
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        zone_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Zone::Private,
        // Mapped, by a network's translator (two prefixes), by 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        // A local translator's prefix may stand before any of our own networks.
        [0x64, 0xff9b, 1, ..] => Zone::Private,
        [0x2002, high, low, ..] => match inner(high, low) {
            Zone::Public => Zone::Public,
            _ => Zone::Never,
        },
        // Unique local, link-local, site-local.
        [0xfc00..=0xfdff, ..] | [0xfe80..=0xfeff, ..] => Zone::Private,
        // Teredo and other assignments to protocols; examples.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Zone::Never,
        [0x2000..=0x3fff, ..] => Zone::Public,
        // Unspecified, compatible, discarded, groups, and what nobody has assigned.
        _ => Zone::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(addresses: &[&str], public: bool, private: bool) {
        for text in addresses {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!((allowed(address, false), allowed(address, true)), (public, private), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_anybodys_to_call() {
        let public = "1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 192.167.0.1 192.169.0.1 100.63.0.1 100.128.0.1 11.0.0.1 \
            126.0.0.1 128.0.0.1 169.253.0.1 169.255.0.1 223.255.255.255 198.17.0.1 198.20.0.1 192.0.1.1 2606:4700::1111 \
            2a00:1450::1 2001:4860::8888 2001:200::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:0808:0808::1 2600::";
        check(&public.split_whitespace().collect::<Vec<_>>(), true, true);
    }

    #[test]
    fn private_ones_are_called_when_the_operator_says_so() {
        let private = "127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 169.254.1.1 \
            ::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::1";
        check(&private.split_whitespace().collect::<Vec<_>>(), false, true);
    }

    #[test]
    fn the_rest_is_never_called() {
        let never = "0.0.0.0 0.1.2.3 169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 \
            198.51.100.7 203.0.113.9 198.18.0.1 192.88.99.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::127.0.0.1 \
            ::8.8.8.8 ::ffff:0.0.0.0 ::ffff:169.254.169.254 64:ff9b::169.254.169.254 2002:7f00:0001::1 2002:a9fe:a9fe:: \
            2001::1 2001:db8::1 3fff::1 100::1 ff02::1 ff0e::1 fd00:ec2::254 fd00:ec2::23 fd20:ce::254 5f00::1 4000::1 \
            ::ffff:0:127.0.0.1 200::1";
        check(&never.split_whitespace().collect::<Vec<_>>(), false, false);
    }
}
