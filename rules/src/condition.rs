//! Boolean structure over leaves. Both rule languages lower to it; the plan swaps predicates for their ids.
//! `All` of nothing is true and `Any` of nothing is false, as in logic.

/// A condition over leaves of type `L`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<L> {
    /// Every part holds.
    All(Vec<Condition<L>>),
    /// Some part holds.
    Any(Vec<Condition<L>>),
    /// The part does not hold. There is no third value: what is missing fails its test, and its `Not` holds.
    Not(Box<Condition<L>>),
    /// One test.
    Is(L),
}

impl<L> Condition<L> {
    /// All of `parts`; one alone stands for itself.
    pub fn all_of(mut parts: Vec<Condition<L>>) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => Condition::All(parts.into_iter().chain(last).collect()),
        }
    }

    /// Any of `parts`; one alone stands for itself.
    pub fn any_of(mut parts: Vec<Condition<L>>) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => Condition::Any(parts.into_iter().chain(last).collect()),
        }
    }

    /// Whether the condition holds, given how its leaves do. Leaves are asked left to right, and no more of
    /// them than the answer needs.
    pub fn holds(&self, leaf: &mut impl FnMut(&L) -> bool) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(leaf)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(leaf)),
            Condition::Not(part) => !part.holds(leaf),
            Condition::Is(test) => leaf(test),
        }
    }

    /// The same structure over other leaves.
    pub fn map<M>(self, leaf: &mut impl FnMut(L) -> M) -> Condition<M> {
        match self {
            Condition::All(parts) => Condition::All(parts.into_iter().map(|part| part.map(leaf)).collect()),
            Condition::Any(parts) => Condition::Any(parts.into_iter().map(|part| part.map(leaf)).collect()),
            Condition::Not(part) => Condition::Not(Box::new(part.map(leaf))),
            Condition::Is(test) => Condition::Is(leaf(test)),
        }
    }

    /// Visits every leaf, left to right.
    pub fn for_each<'c>(&'c self, leaf: &mut impl FnMut(&'c L)) {
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| part.for_each(leaf));
            }
            Condition::Not(part) => part.for_each(leaf),
            Condition::Is(test) => leaf(test),
        }
    }
}
