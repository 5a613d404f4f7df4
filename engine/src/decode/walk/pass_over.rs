//! Over an object or an array that nobody looks into: nothing is compared, everything is proved.

use super::{Odd, Walk};
use crate::decode::tape::DEPTH_MAX;

/// The containers that are open: a bit each, set for an object, the innermost lowest.
#[derive(Clone, Copy)]
struct Open {
    objects: u64,
    depth: usize,
}

impl Open {
    fn enter(&mut self, is_object: bool) -> Result<(), Odd> {
        if self.depth == DEPTH_MAX {
            return Err(Odd);
        }
        self.objects = self.objects << 1 | u64::from(is_object);
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }

    fn is_object(self) -> bool {
        self.objects & 1 == 1
    }

    fn closer(self) -> u8 {
        if self.is_object() { b'}' } else { b']' }
    }
}

impl Walk<'_, '_> {
    /// From the bracket that is token `at`, at this depth, to the token that closes it.
    pub(super) fn pass_over(&self, mut at: usize, depth: usize) -> Result<usize, Odd> {
        let mut open = Open { objects: 0, depth: depth - 1 };
        open.enter(self.byte(self.token(at)) == b'{')?;
        let mut is_empty = self.is_empty(at, open);
        loop {
            if is_empty {
                at += 1;
                is_empty = false;
            } else {
                // Token `at` opens, or is a comma: a member or an element follows.
                at = self.item(at, open)?;
                let (before, end) = (self.token(at - 1), self.token(at));
                if end == before + 1 {
                    match self.byte(end) {
                        bracket @ (b'{' | b'[') => open.enter(bracket == b'{')?,
                        _ => return Err(Odd),
                    }
                    is_empty = self.is_empty(at, open);
                    continue;
                }
                self.check_scalar(before + 1, end)?;
            }
            // Token `at` follows a value, or closes what is empty.
            while self.byte(self.token(at)) != b',' {
                if self.byte(self.token(at)) != open.closer() {
                    return Err(Odd);
                }
                open.leave();
                if open.depth < depth {
                    return Ok(at);
                }
                if self.token(at + 1) != self.token(at) + 1 {
                    return Err(Odd);
                }
                at += 1;
            }
        }
    }

    /// The token behind the value that follows token `at`, or its bracket.
    #[inline]
    fn item(&self, at: usize, open: Open) -> Result<usize, Odd> {
        if !open.is_object() {
            return Ok(at + 1);
        }
        let is_member = self.byte(self.token(at + 1)) == b':' && self.byte(self.token(at) + 1) == b'\\';
        if is_member { Ok(at + 2) } else { Err(Odd) }
    }

    fn is_empty(&self, at: usize, open: Open) -> bool {
        let next = self.token(at) + 1;
        self.token(at + 1) == next && self.byte(next) == open.closer()
    }
}
