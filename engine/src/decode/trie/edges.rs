//! The keys below all nodes: most keys of an event are asked for here, and most are not wanted. A small table of bytes says so
//! at once, without a look at any key.

use std::collections::BTreeMap;

use super::NodeId;

/// A key and where it leads.
#[derive(Debug, Clone)]
struct Edge {
    /// Its first sixteen bytes; zeros behind a shorter one.
    first: u128,
    len: usize,
    child: NodeId,
    /// What of it follows the first sixteen bytes.
    rest: Box<[u8]>,
    /// How many edges on the next one with the same hash is; 0 for none.
    next: u8,
}

/// Places of the table a key: more, and fewer keys that are not wanted are compared.
const PLACES_A_KEY: usize = 8;

/// Keys below one node that the table can number; those of a node with more are all compared.
const KEYS_MAX: usize = 255;

/// Bytes of a key that are compared at once.
const HELD: usize = 16;

/// Ones for so many bytes.
const MASKS: [u128; HELD + 1] = {
    let mut masks = [0; HELD + 1];
    let mut len = 1;
    while len <= HELD {
        masks[len] = masks[len - 1] << 8 | 0xff;
        len += 1;
    }
    masks
};

/// What belongs to one node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    table: u32,
    mask: u32,
    edges: u32,
}

/// The keys below all nodes.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// By hash, in a node's part: one more than the first edge with it, counted from the node's first.
    table: Vec<u8>,
    edges: Vec<Edge>,
}

impl Edges {
    /// Adds the keys below one node.
    pub(super) fn add(&mut self, children: &BTreeMap<String, NodeId>) -> Region {
        let room =
            if children.len() > KEYS_MAX { 1 } else { (children.len() * PLACES_A_KEY).next_power_of_two() };
        let bounded = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let region = Region {
            table: bounded(self.table.len()),
            mask: bounded(room - 1),
            edges: bounded(self.edges.len()),
        };
        self.table.resize(self.table.len() + room, 0);
        let mut all: Vec<(usize, Edge)> = children
            .iter()
            .map(|(key, child)| {
                let mut padded = key.clone().into_bytes();
                padded.resize(key.len() + HELD, 0);
                let first = first(&padded, key.len());
                let rest = key.as_bytes().get(HELD..).unwrap_or_default().into();
                let edge = Edge { first, len: key.len(), child: *child, rest, next: 0 };
                (region.place(first, key.len()), edge)
            })
            .collect();
        // Those with the same hash stand together.
        all.sort_by_key(|(place, _)| *place);
        for at in 0..all.len() {
            let (place, edge) = &all[at];
            if all.get(at + 1).is_some_and(|(next, _)| next == place) {
                let edge = Edge { next: 1, ..edge.clone() };
                self.edges.push(edge);
            } else {
                self.edges.push(edge.clone());
            }
            if at == 0 || all[at - 1].0 != *place {
                self.table[*place] = u8::try_from(at + 1).unwrap_or(u8::MAX);
            }
        }
        region
    }

    /// Where the key leads of which `bytes` begins with `len`; sixteen more must be readable.
    #[inline]
    pub(super) fn find(&self, region: Region, bytes: &[u8], len: usize) -> NodeId {
        let first = first(bytes, len);
        let number = self.table[region.place(first, len)];
        if number == 0 {
            return NodeId::NOBODY;
        }
        let mut at = region.edges as usize + usize::from(number) - 1;
        loop {
            let edge = &self.edges[at];
            if edge.first == first && edge.len == len && (len <= HELD || bytes[HELD..len] == *edge.rest) {
                return edge.child;
            }
            if edge.next == 0 {
                return NodeId::NOBODY;
            }
            at += 1;
        }
    }
}

impl Region {
    #[inline]
    fn place(self, first: u128, len: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "the first eight bytes tell most keys apart")]
        let low = first as u64;
        // The high bits of the product are the mixed ones.
        let mixed = ((low ^ (len as u64) << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize;
        self.table as usize + (mixed & self.mask as usize)
    }
}

#[inline]
fn first(bytes: &[u8], len: usize) -> u128 {
    let held = bytes.first_chunk().map_or(0, |chunk| u128::from_le_bytes(*chunk));
    held & MASKS[len.min(HELD)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYS: &str = "[ab]{0,3}|[ab]{7,9}|[ab]{15,17}|a{16}[ab]{0,3}b{16}|[a-z.]{1,20}";

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        #[test]
        fn a_key_is_found_where_a_map_finds_it(
            nodes in prop::collection::vec(prop::collection::btree_map(KEYS, (3..50_u32).prop_map(NodeId), 0..20), 1..4),
            asked in KEYS,
            before in "[ab\"]{0,10}",
            after in "[ab\"]{16,18}",
        ) {
            let mut edges = Edges::default();
            let regions: Vec<Region> = nodes.iter().map(|children| edges.add(children)).collect();
            for (children, region) in nodes.iter().zip(regions) {
                for key in nodes.iter().flat_map(BTreeMap::keys).chain([&asked]) {
                    let text = format!("{before}{key}{after}");
                    let found = edges.find(region, &text.as_bytes()[before.len()..], key.len());
                    prop_assert_eq!(found, children.get(key).copied().unwrap_or(NodeId::NOBODY), "{}", key);
                }
            }
        }
    }
}
