//! What several rooms' tests need.

use std::sync::Arc;

use tripline_rules::check::{self, SourceFile};
use tripline_rules::plan::Ruleset;

/// The rules of one file, which has nothing to complain of.
pub(crate) fn ruleset(text: &str) -> Arc<Ruleset> {
    let loaded = check::load(&[SourceFile { name: "rules.yml".into(), text: text.to_owned() }], &|_| true);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    Arc::new(Ruleset::new(loaded.rules, loaded.fields))
}

/// splitmix64: the seed reproduces the case.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 ≤ x < n.
    pub(crate) fn below(&mut self, n: i64) -> i64 {
        i64::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
    }

    /// The same as an index.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(i64::try_from(n).unwrap())).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.index(i + 1);
            items.swap(i, j);
        }
    }
}
