//! Checksums of rows that are read back: CRC-32 (ISO-HDLC, the one of gzip) over the values of a row's columns.
//!
//! A row is written with its checksum and compared with it when it is read, so that a row that was cut or changed on the disk is
//! not taken for what was written. CRC-32 finds every change of up to 32 consecutive bits, and misses other changes with a
//! probability of 2⁻³². It protects against failing hardware, not against a person who can write to the file. Rows that an
//! earlier version of Tripline wrote have no checksum (NULL): they are only decoded.

use flate2::Crc;
use rusqlite::types::ValueRef;

/// Returns the checksum of `values`. The type and the length of each value are part of it.
pub(super) fn of(values: &[ValueRef<'_>]) -> i64 {
    let mut crc = Crc::new();
    for value in values {
        let number: [u8; 8];
        let (tag, bytes): (u8, &[u8]) = match value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(integer) => {
                number = integer.to_le_bytes();
                (1, &number)
            }
            ValueRef::Real(real) => {
                number = real.to_le_bytes();
                (2, &number)
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        let mut head = [tag; 9];
        head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        crc.update(&head);
        crc.update(bytes);
    }
    i64::from(crc.sum())
}

/// True if `stored` is the checksum of `values`, or if the row was written without one.
pub(super) fn matches(stored: Option<i64>, values: &[ValueRef<'_>]) -> bool {
    stored.is_none_or(|stored| stored == of(values))
}

/// Returns `text` as a value of a row.
pub(super) fn text(text: &str) -> ValueRef<'_> {
    ValueRef::Text(text.as_bytes())
}

/// Returns `number`, or NULL, as a value of a row.
pub(super) fn integer(number: impl Into<Option<i64>>) -> ValueRef<'static> {
    number.into().map_or(ValueRef::Null, ValueRef::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_any_value_changes_the_checksum() {
        let row = [integer(7), text("one"), integer(None), ValueRef::Blob(b"two")];
        assert!(matches(None, &row) && matches(Some(of(&row)), &row));
        let others = [
            [integer(8), text("one"), integer(None), ValueRef::Blob(b"two")],
            [integer(7), text("on"), integer(None), ValueRef::Blob(b"two")],
            [integer(7), text("onf"), integer(None), ValueRef::Blob(b"two")],
            [integer(7), text("one"), integer(0), ValueRef::Blob(b"two")],
            [integer(7), text("one"), integer(None), text("two")],
            [integer(7), text("onet"), integer(None), ValueRef::Blob(b"wo")],
        ];
        for other in others {
            assert!(!matches(Some(of(&row)), &other), "{other:?}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_of_gzip() {
        // What is stored must be found valid by later versions, whatever library computes it.
        assert_eq!(of(&[text("a")]), 628_332_280);
    }
}
