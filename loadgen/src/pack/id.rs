//! Ids of log events: 56 digits, as CloudWatch Logs makes them. The time in milliseconds stands in the bits from 144 on, which is
//! what published ids show; the rest tells events apart.

const DIGITS: usize = 56;
/// A limb at a time is divided by this.
const TEN_19: u128 = 10_000_000_000_000_000_000;

/// Appends an id.
pub(super) fn push(out: &mut String, logs_time_ms: i64, sequence: u64, low: u64) {
    let high = u64::try_from(logs_time_ms).unwrap_or(0) << 16 | (low >> 48);
    let mut limbs = [high, low << 16, sequence];
    // From the least significant group of 19 digits to the most.
    let mut groups = [0_u64; 3];
    for group in &mut groups {
        let mut rest = 0_u128;
        for limb in &mut limbs {
            let value = rest << 64 | u128::from(*limb);
            *limb = u64::try_from(value / TEN_19).unwrap_or(u64::MAX);
            rest = value % TEN_19;
        }
        *group = u64::try_from(rest).unwrap_or(0);
    }
    let text = format!("{:019}{:019}{:019}", groups[2], groups[1], groups[0]);
    out.push_str(&text[text.len() - DIGITS..]);
}

#[cfg(test)]
mod tests {
    use super::push;

    #[test]
    fn ids_are_decimal_and_begin_with_the_time() {
        let mut id = String::new();
        push(&mut id, 1_600_361_930_988, 7, 0);
        // 1600361930988 << 144, plus 7: the beginning of the id in a published message of that millisecond.
        assert_eq!(id, "35689263648391837472973739781728019701390240798247944199");
        id.clear();
        push(&mut id, 1_600_361_930_988, 7, u64::MAX);
        assert_eq!(id.len(), 56);
    }
}
