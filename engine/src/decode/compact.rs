//! A parsed value as compact JSON on one line: what alerts keep as evidence, and what a Sigma string test on an
//! object compares. Numbers keep their source text; of duplicate keys the last remains.

use super::tape::{Entry, Tape};

/// The value at `at`, without blanks.
pub(super) fn text(tape: &Tape<'_>, at: usize) -> String {
    let mut text = String::new();
    write(tape, at, &mut text);
    text
}

// As deep as the tape, which is bounded.
fn write(tape: &Tape<'_>, at: usize, out: &mut String) {
    match tape.entry(at) {
        Entry::Null => out.push_str("null"),
        Entry::Bool(true) => out.push_str("true"),
        Entry::Bool(false) => out.push_str("false"),
        Entry::Number(text) => out.push_str(text),
        Entry::String(text) => quote(text, out),
        Entry::Array { .. } => {
            out.push('[');
            for (n, element) in tape.elements(at).enumerate() {
                separate(n, out);
                write(tape, element, out);
            }
            out.push(']');
        }
        Entry::Object { .. } => {
            out.push('{');
            for (n, (key, member)) in tape.last_members(at).into_iter().enumerate() {
                separate(n, out);
                quote(key, out);
                out.push(':');
                write(tape, member, out);
            }
            out.push('}');
        }
    }
}

fn separate(n: usize, out: &mut String) {
    if n > 0 {
        out.push(',');
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}
