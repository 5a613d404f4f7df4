//! Globs and decimals against the obvious.

use proptest::prelude::*;

use crate::case::fold_char as fold;
use crate::predicate::number::Decimal;
use crate::predicate::sigma::glob::{Glob, Piece, pieces};

/// The judge: what a pattern means, by definition.
fn naive(pattern: &[Piece], text: &[char], cased: bool) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Piece::Run, rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..], cased)),
        Some((Piece::One, rest)) => !text.is_empty() && naive(rest, &text[1..], cased),
        Some((Piece::Char(c), rest)) => text.split_first().is_some_and(|(first, tail)| {
            let same = if cased { c == first } else { fold(*c) == fold(*first) };
            same && naive(rest, tail, cased)
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn globs_agree_with_the_judge(
        pattern in "[aAbBéÉ*?\\\\]{0,10}", text in "[aAbBéÉ*?\\\\\n]{0,14}", cased in any::<bool>()
    ) {
        let pieces = pieces(&pattern);
        let chars: Vec<char> = text.chars().collect();
        prop_assert_eq!(Glob::new(&pieces, cased).matches(&text), naive(&pieces, &chars, cased));
    }

    #[test]
    fn small_decimals_agree_with_integers(
        a in -2_000i64..2_000, b in -2_000i64..2_000, zeros in 0..4usize, shift in 0..4usize
    ) {
        // a × 10^-shift, spelled in three ways.
        let text = |n: i64| format!("{n}{}e-{}", "0".repeat(zeros), shift + zeros);
        let (x, y) = (Decimal::parse(&text(a)).unwrap(), Decimal::parse(&text(b)).unwrap());
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        let canonical = x.canonical().unwrap();
        prop_assert_eq!(Decimal::parse(&canonical), Some(x), "{}", canonical);
        prop_assert!(!canonical.contains('.') || !canonical.ends_with(['0', '.']), "{}", canonical);
    }
}

#[test]
fn canonical_spellings() {
    for (text, wanted) in [
        ("5.0", Some("5")),
        ("-0", Some("0")),
        ("1e-1", Some("0.1")),
        ("+1.50", Some("1.5")),
        ("120e1", Some("1200")),
        (".5", Some("0.5")),
        ("1.", Some("1")),
        ("-0.001", Some("-0.001")),
        ("1e99", None),
        ("1e-99", None),
    ] {
        assert_eq!(Decimal::parse(text).unwrap().canonical().as_deref(), wanted, "{text}");
    }
    for text in ["", "-", ".", "1e", "1e+", "0x1", "1,5", "NaN", "inf", "1 ", "--1", "١"] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}

#[test]
fn hostile_text_costs_linear_time() {
    // Quadratic or exponential matching would not end today.
    let text = "a".repeat(256 << 10);
    let nasty = format!("{}b", "*a".repeat(1_000));
    assert!(!Glob::new(&pieces(&nasty), false).matches(&text));
    let periodic = format!("*{}b*", "a".repeat(4_000));
    assert!(!Glob::new(&pieces(&periodic), false).matches(&text));
    let ones = |n: usize| Glob::new(&pieces(&format!("*{}?b*", "a".repeat(n))), false);
    assert!(ones(254).is_bounded() && !ones(255).is_bounded());
}
