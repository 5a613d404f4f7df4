//! The keys below all nodes: every key of an event is asked for here. A node's table leads to the one key that may be meant, so
//! that it takes one comparison to know; of many keys some share a place of it, and are compared one after another.

use std::collections::BTreeMap;

use super::NodeId;

/// A key and where it leads.
#[derive(Debug, Clone)]
struct Edge {
    /// Its first sixteen bytes; zeros behind a shorter one.
    first: u128,
    len: u32,
    /// Where what follows the first sixteen bytes starts.
    rest: u32,
    child: NodeId,
    /// Whether the next one has the same place in the table.
    goes_on: bool,
}

/// Stands at every free place of a table: no key is that long.
const NO_EDGE: Edge = Edge { first: 0, len: u32::MAX, rest: 0, child: NodeId::NOBODY, goes_on: false };

/// Places of the table a key: more, and fewer keys share one.
const PLACES_A_KEY: usize = 8;

/// Multipliers that are tried for a table: the one under which the fewest keys share a place is taken.
const TRIES: u64 = 64;

/// Bytes of a key that are compared at once.
pub(in crate::decode) const HELD: usize = 16;

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

/// What belongs to one node: where it starts, and how much of it there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    table: (u32, u32),
    edges: (u32, u32),
    multiplier: u64,
}

/// The keys below one node, to be asked one after another.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct Below<'e> {
    table: &'e [u32],
    edges: &'e [Edge],
    rests: &'e [u8],
    hash: Hash,
}

/// From a key to its place in a table of so many places, a power of two.
#[derive(Debug, Clone, Copy)]
struct Hash {
    /// Odd.
    multiplier: u64,
    places: usize,
}

/// The keys below all nodes.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// By hash, in a node's part: the first edge with it, counted from the node's first, which is none.
    table: Vec<u32>,
    edges: Vec<Edge>,
    /// What of longer keys follows their first sixteen bytes.
    rests: Vec<u8>,
}

impl Edges {
    /// Adds the keys below one node.
    pub(super) fn add(&mut self, children: &BTreeMap<String, NodeId>) -> Region {
        let room = (children.len() * PLACES_A_KEY).next_power_of_two().max(2);
        let table = self.table.len();
        self.table.resize(table + room, 0);
        let mut all: Vec<Edge> = Vec::new();
        for (key, child) in children {
            let mut held = [0; HELD];
            let (start, rest) = key.as_bytes().split_at(key.len().min(HELD));
            held[..start.len()].copy_from_slice(start);
            let (first, rest_at) = (first(&held, key.len()), bounded(self.rests.len()));
            all.push(Edge { first, len: bounded(key.len()), rest: rest_at, child: *child, goes_on: false });
            self.rests.extend_from_slice(rest);
        }
        let hash = Hash::best(&all, room);
        // Those of one place stand together.
        let place = |edge: &Edge| hash.place(edge.first, edge.len as usize);
        all.sort_by_key(place);
        let region = Region {
            table: (bounded(table), bounded(room)),
            edges: (bounded(self.edges.len()), bounded(1 + all.len())),
            multiplier: hash.multiplier,
        };
        self.edges.push(NO_EDGE);
        for (at, edge) in all.iter().enumerate() {
            let goes_on = all.get(at + 1).is_some_and(|next| place(next) == place(edge));
            self.edges.push(Edge { goes_on, ..edge.clone() });
            if at == 0 || place(&all[at - 1]) != place(edge) {
                self.table[table + place(edge)] = bounded(1 + at);
            }
        }
        region
    }

    /// Those below one node.
    #[inline]
    pub(super) fn below(&self, region: Region) -> Below<'_> {
        let part = |(start, len): (u32, u32)| start as usize..start as usize + len as usize;
        let table = &self.table[part(region.table)];
        let hash = Hash { multiplier: region.multiplier, places: table.len() };
        Below { table, edges: &self.edges[part(region.edges)], rests: &self.rests, hash }
    }
}

impl Below<'_> {
    /// Where the key leads of `len` bytes that stands in `bytes` from `start` on: `held` are the first sixteen from there, whatever
    /// follows the key.
    #[inline(always)]
    pub(in crate::decode) fn find(
        self,
        held: &[u8; HELD],
        (bytes, start): (&[u8], usize),
        len: usize,
    ) -> NodeId {
        let first = first(held, len);
        let mut at = self.table.get(self.hash.place(first, len)).map_or(0, |at| *at as usize);
        while let Some(edge) = self.edges.get(at) {
            if edge.first == first
                && edge.len as usize == len
                && (len <= HELD || edge.ends(bytes, start, self.rests))
            {
                return edge.child;
            }
            if !edge.goes_on {
                break;
            }
            at += 1;
        }
        NodeId::NOBODY
    }
}

impl Edge {
    #[inline(never)]
    fn ends(&self, bytes: &[u8], start: usize, rests: &[u8]) -> bool {
        let rest = bytes.get(start + HELD..start + self.len as usize);
        rest.is_some_and(|rest| rests[self.rest as usize..].starts_with(rest))
    }
}

impl Hash {
    fn best(edges: &[Edge], places: usize) -> Self {
        let shared = |hash: &Hash| {
            let mut taken = vec![false; places];
            edges
                .iter()
                .filter(|edge| std::mem::replace(&mut taken[hash.place(edge.first, edge.len as usize)], true))
                .count()
        };
        let multiplier = |n: u64| 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * n + 1);
        let hash = |n: u64| Hash { multiplier: multiplier(n), places };
        (0..TRIES).map(hash).min_by_key(shared).unwrap_or(hash(0))
    }

    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the first eight bytes, and a place that is less than a table's length"
    )]
    fn place(self, first: u128, len: usize) -> usize {
        // The upper half of the product hangs on all of it.
        let product = u128::from(first as u64 ^ (len as u64) << 56) * u128::from(self.multiplier);
        (product >> 64) as usize & (self.places - 1)
    }
}

#[inline(always)]
fn first(held: &[u8; HELD], len: usize) -> u128 {
    u128::from_le_bytes(*held) & MASKS[len.min(HELD)]
}

fn bounded(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
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
                    let (bytes, start) = (text.as_bytes(), before.len());
                    let held = bytes[start..].first_chunk().unwrap();
                    let found = edges.below(region).find(held, (bytes, start), key.len());
                    prop_assert_eq!(found, children.get(key).copied().unwrap_or(NodeId::NOBODY), "{}", key);
                }
            }
        }
    }
}
