//! From selectors to a tree.

use std::collections::BTreeMap;

use tripline_rules::field::{FieldId, Selector, Step};

use super::NodeId;

/// A node that is still growing.
#[derive(Debug, Default)]
pub(super) struct DraftNode {
    pub(super) children: BTreeMap<String, NodeId>,
    pub(super) pattern: Option<FieldId>,
    pub(super) sigma: Option<FieldId>,
    pub(super) at_object: Vec<FieldId>,
    pub(super) at_array: Vec<FieldId>,
}

/// A tree that is still growing.
pub(super) struct Draft {
    pub(super) nodes: Vec<DraftNode>,
}

impl Draft {
    pub(super) fn new() -> Self {
        // Nobody, odd, the root.
        Self { nodes: (0..3).map(|_| DraftNode::default()).collect() }
    }

    /// Adds a field; `false` when no walk can fill it.
    pub(super) fn plant(&mut self, field: FieldId, selector: &Selector) -> bool {
        match selector {
            Selector::Message => false,
            Selector::Pattern(steps) => self.plant_pattern(field, steps),
            Selector::Sigma(path) if path.is_empty() => false,
            Selector::Sigma(path) => {
                self.plant_sigma(field, path);
                true
            }
        }
    }

    fn plant_pattern(&mut self, field: FieldId, steps: &[Step]) -> bool {
        let mut at = NodeId::ROOT;
        for step in steps {
            let node = &mut self.nodes[at.index()];
            match step {
                Step::Member(name) => at = self.child(at, name),
                Step::AnyMember => {
                    node.at_object.push(field);
                    return at != NodeId::ROOT;
                }
                Step::Index(_) | Step::AnyElement => {
                    node.at_array.push(field);
                    return true;
                }
            }
        }
        self.nodes[at.index()].pattern = Some(field);
        at != NodeId::ROOT
    }

    fn plant_sigma(&mut self, field: FieldId, path: &str) {
        let names: Vec<&str> = path.split('.').collect();
        let mut at = NodeId::ROOT;
        for (n, name) in names.iter().enumerate() {
            // A literal key with dots wins over the names that it is made of.
            for end in n + 2..=names.len() {
                self.nodes[at.index()].children.insert(names[n..end].join("."), NodeId::ODD);
            }
            at = self.child(at, name);
            self.nodes[at.index()].at_array.push(field);
        }
        let node = &mut self.nodes[at.index()];
        node.sigma = Some(field);
        node.at_object.push(field);
    }

    fn child(&mut self, at: NodeId, name: &str) -> NodeId {
        match self.nodes[at.index()].children.get(name) {
            Some(id) if *id != NodeId::ODD => *id,
            // An odd key stays odd: what would grow below it is out of reach of any walk.
            known => {
                let is_odd = known.is_some();
                let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
                self.nodes.push(DraftNode::default());
                if !is_odd {
                    self.nodes[at.index()].children.insert(name.to_owned(), id);
                }
                id
            }
        }
    }

    /// A member of the event that CloudTrail left out says so by a member of its own.
    pub(super) fn mark_omitted(&mut self) {
        let members: Vec<NodeId> = self.nodes[NodeId::ROOT.index()].children.values().copied().collect();
        for member in members.into_iter().filter(|id| *id != NodeId::ODD) {
            self.nodes[member.index()].children.insert("omitted".to_owned(), NodeId::ODD);
        }
    }
}
