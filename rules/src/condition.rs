//! Boolean structure over leaves. Both rule languages lower to it; the plan swaps predicates for their ids.
//! `All` of nothing is true and `Any` of nothing is false, as in logic.

/// A condition over leaves of type `L`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<L> {
    /// Every part holds.
    All(Vec<Condition<L>>),
    /// Some part holds.
    Any(Vec<Condition<L>>),
    /// The part does not hold. What is missing fails its test, and its `Not` holds; what is unknown does neither.
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

    /// Whether the condition is surely `wanted`, whatever the leaves are of which nobody knows (none): Kleene's three-valued
    /// logic, of which the third value is "not surely so, and not surely otherwise".
    pub fn is_surely(&self, wanted: bool, leaf: &mut impl FnMut(&L) -> Option<bool>) -> bool {
        match self {
            Condition::All(parts) if wanted => parts.iter().all(|part| part.is_surely(true, leaf)),
            Condition::All(parts) => parts.iter().any(|part| part.is_surely(false, leaf)),
            Condition::Any(parts) if wanted => parts.iter().any(|part| part.is_surely(true, leaf)),
            Condition::Any(parts) => parts.iter().all(|part| part.is_surely(false, leaf)),
            Condition::Not(part) => part.is_surely(!wanted, leaf),
            Condition::Is(test) => leaf(test) == Some(wanted),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Conditions over eight leaves.
    fn conditions() -> impl Strategy<Value = Condition<usize>> {
        let leaf = (0_usize..8).prop_map(Condition::Is);
        leaf.prop_recursive(4, 24, 4, |part| {
            prop_oneof![
                prop::collection::vec(part.clone(), 0..4).prop_map(Condition::All),
                prop::collection::vec(part.clone(), 0..4).prop_map(Condition::Any),
                part.prop_map(|part| Condition::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        /// What is sure is so in every world that agrees with what is known; with nothing unknown there is one world.
        #[test]
        fn what_is_sure_is_so_in_every_world(condition in conditions(), known in any::<[Option<bool>; 8]>()) {
            let worlds = (0..256_usize).map(|bits| std::array::from_fn::<bool, 8, _>(|n| bits >> n & 1 == 1));
            let agrees = |world: &[bool; 8]| known.iter().zip(world).all(|(known, is)| known.is_none_or(|known| known == *is));
            let outcomes: Vec<bool> =
                worlds.filter(agrees).map(|world| condition.holds(&mut |leaf| world[*leaf])).collect();
            for wanted in [true, false] {
                let sure = condition.is_surely(wanted, &mut |leaf| known[*leaf]);
                prop_assert!(!sure || outcomes.iter().all(|outcome| *outcome == wanted));
                if known.iter().all(Option::is_some) {
                    prop_assert_eq!(sure, outcomes[0] == wanted);
                }
            }
        }

        /// Where each leaf stands once, what is so in every world is sure.
        #[test]
        fn nothing_is_unsure_without_need(parts in prop::collection::vec((any::<bool>(), any::<Option<bool>>()), 1..6), all in any::<bool>()) {
            let leaf = |(n, (negated, _)): (usize, &(bool, _))| {
                let leaf = Condition::Is(n);
                if *negated { Condition::Not(Box::new(leaf)) } else { leaf }
            };
            let leaves = parts.iter().enumerate().map(leaf).collect();
            let condition = if all { Condition::All(leaves) } else { Condition::Any(leaves) };
            let is_so = |wanted: bool| {
                (0..1_usize << parts.len()).all(|bits| {
                    let world = |n: &usize| parts[*n].1.unwrap_or(bits >> n & 1 == 1);
                    condition.holds(&mut |n| world(n)) == wanted
                })
            };
            for wanted in [true, false] {
                prop_assert_eq!(condition.is_surely(wanted, &mut |n| parts[*n].1), is_so(wanted));
            }
        }
    }
}
