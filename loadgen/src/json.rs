//! JSON text, written straight into a string: no tree, no allocation but the string's own.
//!
//! Two escapes, because CloudTrail has two: most services write JSON plainly, some through a library that also
//! escapes what HTML would mind. Invariant: whatever is written through `str` and `html` is one valid JSON string.

use std::fmt::Write as _;

/// A JSON text in the making. Commas are set by looking at the last byte: after `{` and `[` none is due.
#[derive(Debug, Default)]
pub(crate) struct Json {
    pub(crate) out: String,
}

impl Json {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    /// The next member's name. Names are ours and need no escape.
    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.comma();
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self
    }

    pub(crate) fn str(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).out.push('"');
        escape(&mut self.out, value);
        self.out.push('"');
        self
    }

    /// A string as the services write it that escape for HTML too.
    pub(crate) fn html(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).out.push('"');
        escape_html(&mut self.out, value);
        self.out.push('"');
        self
    }

    /// A string of characters that need no escape, written by a closure.
    pub(crate) fn text(&mut self, key: &str, write: impl FnOnce(&mut String)) -> &mut Self {
        self.key(key).out.push('"');
        write(&mut self.out);
        self.out.push('"');
        self
    }

    pub(crate) fn int(&mut self, key: &str, value: i64) -> &mut Self {
        self.key(key);
        // Writing into a string cannot fail.
        let _ = write!(self.out, "{value}");
        self
    }

    /// A count.
    pub(crate) fn number(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        let _ = write!(self.out, "{value}");
        self
    }

    /// A byte count as S3 writes it: with a decimal point.
    pub(crate) fn float(&mut self, key: &str, value: u32) -> &mut Self {
        self.key(key);
        let _ = write!(self.out, "{value}.0");
        self
    }

    pub(crate) fn bool(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    pub(crate) fn null(&mut self, key: &str) -> &mut Self {
        self.raw(key, "null")
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).out.push_str(json);
        self
    }

    /// An object as a member.
    pub(crate) fn object(&mut self, key: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.key(key).out.push('{');
        write(self);
        self.out.push('}');
        self
    }

    /// A list as a member.
    pub(crate) fn list(&mut self, key: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.key(key).out.push('[');
        write(self);
        self.out.push(']');
        self
    }

    /// An object as an element of a list, or as the whole text.
    pub(crate) fn item(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.comma();
        self.out.push('{');
        write(self);
        self.out.push('}');
        self
    }

    /// A string as an element of a list.
    pub(crate) fn item_str(&mut self, value: &str) -> &mut Self {
        self.comma();
        self.out.push('"');
        escape(&mut self.out, value);
        self.out.push('"');
        self
    }

    /// EC2's way of a list: `{"items":[…]}`.
    pub(crate) fn items(&mut self, key: &str, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.object(key, |j| {
            j.list("items", write);
        })
    }

    fn comma(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'{' | b'[' | b'\n')) {
            self.out.push(',');
        }
    }
}

/// One object, whole.
pub(crate) fn object(write: impl FnOnce(&mut Json)) -> String {
    let mut json = Json::default();
    json.item(write);
    json.out
}

/// Appends a string's inside, escaped as JSON demands.
pub(crate) fn escape(out: &mut String, text: &str) {
    escape_where(out, text, |byte| byte < 0x20 || byte == b'"' || byte == b'\\');
}

/// The same, and what HTML would mind.
pub(crate) fn escape_html(out: &mut String, text: &str) {
    escape_where(out, text, |byte| byte < 0x20 || b"\"\\<>&='".contains(&byte));
}

fn escape_where(out: &mut String, text: &str, needs: impl Fn(u8) -> bool) {
    let mut done = 0;
    // Only ASCII bytes are ever escaped, so every cut is on a character's border.
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| needs(*byte)) {
        out.push_str(&text[done..at]);
        done = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&text[done..]);
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn what_is_written_reads_back() {
        let hostile = "a\"b\\c\nd\u{1}é=&<>'";
        let text = object(|j| {
            j.str("plain", hostile).html("html", hostile).int("n", -1).float("f", 243).null("none");
            j.items("set", |j| {
                j.item(|j| {
                    j.bool("yes", true);
                })
                .item_str("x");
            });
        });
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["plain"], hostile);
        assert_eq!(read["html"], hostile);
        assert_eq!(read["set"]["items"][0]["yes"], true);
        assert!(
            text.contains("\\u003d\\u0026\\u003c\\u003e\\u0027") && text.contains("\"f\":243.0"),
            "{text}"
        );
    }
}
