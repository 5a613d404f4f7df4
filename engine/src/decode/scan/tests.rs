//! Each kernel against its scalar twin, block by block, and against what one finds byte by byte.

use proptest::prelude::*;

use super::*;
use crate::decode::outline::Gap;

/// Bytes, text, where escapes may be, tokens.
type Told<'b> = (&'b [u8], Option<&'b str>, Range<usize>, Vec<u32>);

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]
    #[test]
    fn kernels_find_the_same(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "([\\\\]{0,5}[\"{}:,a\\[\\]]){0,150}".prop_map(String::into_bytes),
            "(\\\\\"[a-z]{0,9}\\\\\"[:,{}]){0,40}\"".prop_map(String::into_bytes),
        ],
        behind in prop::collection::vec(any::<u8>(), PADDING),
    ) {
        let padded = [&text[..], &behind].concat();
        let found = |kernel: Kernel| {
            let mut scanner = Scanner::new(kernel);
            let scanned = scanner.scan(&padded, text.len(), None);
            scanned.map(|scanned| (scanned.bytes, scanned.sound, scanned.escapes, scanned.tokens.to_vec()))
        };
        let wanted = found(Kernel::SCALAR);
        for kernel in Kernel::all() {
            let mut got = found(kernel);
            let mut wanted = wanted.clone();
            let is_sound = |told: &Option<Told<'_>>| told.as_ref().is_some_and(|(_, sound, ..)| sound.is_some());
            if !is_sound(&wanted) {
                // What was found on the way to nothing is of no account: form feeds may pass for commas.
                [&mut got, &mut wanted].into_iter().flatten().for_each(|told| told.3.clear());
            }
            prop_assert_eq!(got, wanted, "{}", kernel.name());
        }
    }
}

/// How long the string is that begins so, as it stands in an event that is escaped itself.
fn filling(bytes: &[u8]) -> usize {
    let len = match bytes {
        [b'\\', b'\\', b'b' | b'f' | b'n' | b'r' | b't' | b'/', ..] => 3,
        [b'\\', b'\\', b'u', hex @ ..]
            if hex.iter().take_while(|byte| byte.is_ascii_hexdigit()).count() > 3 =>
        {
            7
        }
        [b'\\', b'\\', b'\\', b'"' | b'\\', ..] => 4,
        [byte, ..] if (0x20..0x80).contains(byte) && !b"\"\\".contains(byte) => 1,
        _ => return 0,
    };
    len + filling(&bytes[len..])
}

/// Whether an event fits that begins `padded`, and where the gaps of it end, byte by byte.
fn fits(padded: &[u8], len: usize, parts: &[(String, bool)], last: &str) -> Option<(usize, Vec<usize>)> {
    let (mut at, mut ends) = (0, Vec::new());
    for (literal, is_number) in parts {
        at += padded[at..].starts_with(literal.as_bytes()).then_some(literal.len())?;
        let filled = if *is_number {
            padded[at..].iter().take_while(|byte| b"0123456789+-.eE".contains(byte)).count()
        } else {
            filling(&padded[at..])
        };
        let text = String::from_utf8_lossy(&padded[at..at + filled]);
        let is_number_text = || crate::decode::tape::is_number(&text);
        at += (!is_number || is_number_text()).then_some(filled)?;
        ends.push(at);
    }
    at += padded[at..].starts_with(last.as_bytes()).then_some(last.len())?;
    (at <= len).then_some((at - 1, ends))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]
    #[test]
    fn kernels_follow_as_one_does_byte_by_byte(
        // None begins like an escape: behind a string stands its quote.
        parts in prop::collection::vec(
            ("(\\\\\"|[a-c,:\"])[a-c,:\"\\\\]{0,3}|[a-c]{62,67}|[a-c]{128,130}", any::<bool>()),
            0..6,
        ),
        others in prop::collection::vec(("(\\\\\"|[a-c,:\"])[a-c,:\"\\\\]{0,3}", any::<bool>()), 0..3),
        fillings in prop::collection::vec("[0-9]{0,3}|[ -~]{0,70}|[d-z]{60,66}|-?1\\.5e3|\u{7f}|\u{80}|\n|([d-z]|\\\\\\\\[bn/\"\\\\uqd0]|\\\\){0,20}", 6),
        last in "[a-c]{0,2}\"",
        short in 0..9_usize,
    ) {
        let text: String = parts.iter().zip(&fillings).map(|((literal, _), filling)| literal.clone() + filling).collect();
        let text = text + &last;
        let padded = [text.as_bytes(), &[b'a'; 64]].concat();
        let len = text.len().saturating_sub(short);
        // One that begins like it, and it.
        let begun = [&parts[..parts.len() / 2], &others].concat();
        let all = [&begun, &parts];
        let drawn = all.map(|parts| {
            let literals: String = parts.iter().map(|(literal, _)| literal.as_str()).chain([&last[..]]).collect();
            let gaps: Vec<Gap> = parts.iter().filter_map(|(literal, is)| Gap::new(literal.len(), *is)).collect();
            (gaps, [literals.as_bytes(), &[0; PADDING]].concat())
        });
        let wanted = all.map(|parts| fits(&padded, len, parts, &last));
        for kernel in Kernel::all() {
            let follow = |which: &[usize]| {
                let mut scanner = Scanner::new(kernel);
                let outline = |which: usize| Outline::of(&drawn[which].0, &drawn[which].1);
                let outlines = which.iter().map(|which| (outline(*which), *which));
                let (followed, which) = scanner.follow((&padded, len), Known::nothing(&padded), outlines)?;
                let ends = (1..=drawn[which].0.len()).map(|gap| followed.filled(gap).end as usize).collect();
                Some((which, (followed.text.len(), ends)))
            };
            for which in [0, 1] {
                let wanted = wanted[which].clone().map(|found| (which, found));
                prop_assert_eq!(follow(&[which]), wanted, "{}", kernel.name());
            }
            // Of two that differ where both could fit, which real ones never do, the second may be passed over.
            if let Some((which, found)) = follow(&[0, 1]) {
                prop_assert_eq!(Some(found), wanted[which].clone(), "{}", kernel.name());
            }
        }
    }
}
