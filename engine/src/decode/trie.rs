//! Where the loaded rules look, as a tree of member names: what a walk compares the keys of an event with.
//!
//! A node stands for one way from the event's root. It knows the field of each language that ends there, and the fields that it
//! cannot fill by walking: a filter pattern's `[n]`, `[*]` and `.*`, a Sigma path that meets an array or ends at an object. Those
//! are *put off*: the pull parser reads them when a rule asks.

mod build;
mod edges;

use std::ops::Range;

use tripline_rules::field::{FieldId, Fields, IDENTITY, Span};

use build::Draft;
pub(super) use edges::{Below, HELD};
use edges::{Edges, Region};

/// A place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(u32);

impl NodeId {
    /// Nobody looks there, nor below.
    pub(super) const NOBODY: NodeId = NodeId(0);
    /// A key that only the pull parser can judge: one that holds a dot and would win over a path of Sigma, or the mark of what
    /// CloudTrail left out.
    pub(super) const ODD: NodeId = NodeId(1);
    /// The event.
    pub(super) const ROOT: NodeId = NodeId(2);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Of the members of an event that somebody looks at some, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Members(u64);

impl Members {
    #[cfg(test)]
    pub(super) const FIRST: Members = Members(1);

    pub(super) fn has(self, others: Members) -> bool {
        self.0 & others.0 != 0
    }
}

/// What a node knows.
#[derive(Debug)]
pub(super) struct Node {
    region: Region,
    /// Whether any field ends here or below.
    pub(super) is_looked_into: bool,
    put_off_at_object: Range<u32>,
    put_off_at_array: Range<u32>,
}

/// The tree of all fields.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// By node: the places in the spans of the fields that end there, one a language; of none, a place that is nobody's.
    ends: Vec<[u32; 2]>,
    edges: Edges,
    /// The fields that are put off, by node.
    put_off: Vec<FieldId>,
    /// What every event begins with.
    blank: Vec<Span>,
    /// All fields, each with the member of an event that its whole way goes through.
    fields: Vec<(FieldId, Option<Members>)>,
    /// The members of an event that somebody looks at.
    members: Vec<NodeId>,
    /// Of them, who did it.
    identity: Option<Members>,
}

impl Trie {
    /// Plants the tree.
    pub(super) fn new(fields: &Fields) -> Self {
        let mut draft = Draft::new();
        // One more, for nodes where no field ends.
        let mut blank = vec![Span::MISSING; fields.len() + 1];
        for (field, selector) in fields.iter() {
            if !draft.plant(field, selector) {
                blank[field.index()] = Span::UNREAD;
            }
        }
        draft.mark_omitted();
        let (nodes, ends, put_off) = (Vec::new(), Vec::new(), Vec::new());
        let by_name = &draft.nodes[NodeId::ROOT.index()].children;
        let members: Vec<NodeId> =
            by_name.values().copied().filter(|member| *member != NodeId::ODD).collect();
        let member = |name: &str| {
            let at = members.iter().position(|member| Some(member) == by_name.get(name))?;
            1_u64.checked_shl(u32::try_from(at).ok()?).map(Members)
        };
        let identity = member(IDENTITY);
        let all = fields.iter().map(|(field, selector)| (field, selector.root().and_then(member))).collect();
        let mut trie =
            Self { nodes, ends, edges: Edges::default(), put_off, blank, fields: all, members, identity };
        for node in draft.nodes {
            let place = |field: Option<FieldId>| bounded(field.map_or(fields.len(), FieldId::index));
            let is_looked_into = !node.children.is_empty();
            let (at_object, at_array) = (trie.keep(&node.at_object), trie.keep(&node.at_array));
            let region = trie.edges.add(&node.children);
            trie.ends.push([place(node.pattern), place(node.sigma)]);
            trie.nodes.push(Node {
                region,
                is_looked_into,
                put_off_at_object: at_object,
                put_off_at_array: at_array,
            });
        }
        trie
    }

    fn keep(&mut self, fields: &[FieldId]) -> Range<u32> {
        let start = self.put_off.len();
        self.put_off.extend_from_slice(fields);
        bounded(start)..bounded(self.put_off.len())
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What the spans of every event begin with.
    pub(super) fn blank(&self) -> &[Span] {
        &self.blank
    }

    /// All fields, each with the member of an event that its whole way goes through; none when there is no such.
    pub(super) fn fields(&self) -> &[(FieldId, Option<Members>)] {
        &self.fields
    }

    /// Of the members of an event that somebody looks at those that `are`; none when there are more than can be told.
    pub(super) fn members(&self, are: impl Fn(NodeId) -> bool) -> Option<Members> {
        let bit = |(at, member): (usize, &NodeId)| u64::from(are(*member)) << at;
        (self.members.len() <= 64).then(|| Members(self.members.iter().enumerate().map(bit).sum()))
    }

    /// The nodes of these.
    pub(super) fn each(&self, Members(bits): Members) -> impl Iterator<Item = NodeId> {
        let has = move |at: &usize| bits >> at & 1 == 1;
        (0..self.members.len().min(64)).filter(has).map(|at| self.members[at])
    }

    /// The member that says who did it; none when nobody looks there.
    pub(super) fn identity(&self) -> Option<Members> {
        self.identity
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The places in the spans of the fields that end at a node, that of filter patterns first.
    #[inline]
    pub(super) fn ends(&self, id: NodeId) -> [usize; 2] {
        self.ends[id.index()].map(|end| end as usize)
    }

    /// The keys below a node.
    #[inline]
    pub(super) fn below(&self, node: &Node) -> Below<'_> {
        self.edges.below(node.region)
    }

    /// The fields to put off when there is an object.
    pub(super) fn put_off_at_object(&self, node: &Node) -> &[FieldId] {
        &self.put_off[node.put_off_at_object.start as usize..node.put_off_at_object.end as usize]
    }

    /// The fields to put off when there is an array.
    pub(super) fn put_off_at_array(&self, node: &Node) -> &[FieldId] {
        &self.put_off[node.put_off_at_array.start as usize..node.put_off_at_array.end as usize]
    }
}

fn bounded(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
