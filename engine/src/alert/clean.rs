//! Text that attackers chose, made fit to be shown to people: one line, no control characters, nothing that turns the
//! direction of writing or hides, and not too long. Evidence keeps the raw text; this is for sentences and tables.

/// The longest text shown, in characters.
const CHARS_MAX: usize = 512;

/// `text` for display.
pub fn shown(text: &str) -> String {
    let mut clean: String =
        text.chars().take(CHARS_MAX).map(|c| if hides(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        clean.push('…');
    }
    clean
}

/// Control characters, line and paragraph separators, zero-width and bidirectional controls, tags.
pub fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
