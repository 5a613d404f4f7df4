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
        // A published message of that millisecond has an id that begins with the same digits.
        assert!(id.starts_with("3568926364839183747"), "{id}");
        let mut next = String::new();
        push(&mut next, 1_600_361_930_988, 8, 0);
        assert_eq!(id.strip_suffix('5'), next.strip_suffix('6'), "neighbours differ by one");
        id.clear();
        push(&mut id, 1_600_361_930_988, 7, u64::MAX);
        assert_eq!(id.len(), 56);
    }
}
