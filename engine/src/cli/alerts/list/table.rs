//! The table of `alerts list`: one line per alert, two where the terminal is too narrow for the summary beside the columns.

use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::alert::table::style;
use crate::alert::{Alert, clean, rfc3339};

/// Characters of an alert's id that are shown; every command takes such a beginning of an id.
const ID_CHARS: usize = 12;
/// Widest column of rule ids, in terminal cells, where the width is limited.
const RULE_CELLS_MAX: usize = 40;
/// A summary with fewer cells than this beside the columns is written on a line of its own.
const SUMMARY_CELLS_MIN: usize = 40;
/// Indentation of a summary on a line of its own.
const INDENT: usize = 4;
/// Columns before the summary.
const COLUMNS: usize = 6;
/// Cells between two columns.
const GAP: usize = 2;

const HEADER: [&str; COLUMNS] = ["ALERT", "LEVEL", "STATUS", "LAST SEEN", "COUNT", "RULE"];
const LEVEL: usize = 1;
const COUNT: usize = 4;
const RULE: usize = 5;

/// How the table is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Layout {
    /// Whether column names come first.
    pub(super) header: bool,
    /// Cells of a line; unlimited if `None`.
    pub(super) width: Option<usize>,
    /// Whether levels are colored.
    pub(super) color: bool,
}

/// Writes `alerts` as a table.
pub(super) fn write(out: &mut impl Write, alerts: &[&Alert], layout: Layout) -> io::Result<()> {
    let rows: Vec<[String; COLUMNS]> = alerts.iter().map(|alert| columns(alert)).collect();
    let mut widths = if layout.header { HEADER.map(str::len) } else { [0; COLUMNS] };
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    if layout.width.is_some() {
        widths[RULE] = widths[RULE].min(RULE_CELLS_MAX);
    }
    let before = widths.iter().sum::<usize>() + COLUMNS * GAP;
    let beside = layout.width.map(|width| width.saturating_sub(before));
    let own_line = beside.is_some_and(|cells| cells < SUMMARY_CELLS_MIN);
    if layout.header && !rows.is_empty() {
        let names = line(&HEADER.map(str::to_owned), &widths, None);
        let summary = if own_line { "" } else { "  SUMMARY" };
        writeln!(out, "{}", cut(&format!("{names}{summary}"), layout.width))?;
    }
    for (row, alert) in rows.iter().zip(alerts) {
        let color = layout.color.then(|| style(alert.rule.level));
        let columns = line(row, &widths, color);
        let summary = clean(&alert.summary);
        if own_line {
            let cells = layout.width.map(|width| width.saturating_sub(INDENT));
            writeln!(out, "{}\n{:INDENT$}{}", columns.trim_end(), "", cut(&summary, cells))?;
        } else {
            writeln!(out, "{columns}  {}", cut(&summary, beside))?;
        }
    }
    Ok(())
}

fn columns(alert: &Alert) -> [String; COLUMNS] {
    [
        alert.id.chars().take(ID_CHARS).collect(),
        alert.rule.level.as_str().to_owned(),
        alert.status.as_str().to_owned(),
        rfc3339(alert.last_seen_s),
        alert.count.to_string(),
        clean(&alert.rule.id),
    ]
}

/// The columns of one row, each padded to its width; counts to the right.
fn line(row: &[String; COLUMNS], widths: &[usize; COLUMNS], color: Option<&str>) -> String {
    let mut line = String::new();
    for (n, (cell, width)) in row.iter().zip(widths).enumerate() {
        if n > 0 {
            line.push_str("  ");
        }
        let cell = cut(cell, Some(*width));
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        let (before, after) = if n == COUNT { (padding.as_str(), "") } else { ("", padding.as_str()) };
        let (on, off) = color.filter(|_| n == LEVEL).map_or(("", ""), |on| (on, "\x1b[0m"));
        line.extend([before, on, &cell, off, after]);
    }
    line
}

/// `text` in at most `cells` cells, with an ellipsis if something was cut.
fn cut(text: &str, cells: Option<usize>) -> String {
    let Some(cells) = cells.filter(|cells| text.width() > *cells) else { return text.to_owned() };
    let mut left = cells.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let is_room = width <= left;
        left = left.saturating_sub(width);
        is_room
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    if cells > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::sample;

    fn lines(alerts: &[&Alert], layout: Layout) -> Vec<String> {
        let mut out = Vec::new();
        write(&mut out, alerts, layout).unwrap_or_default();
        String::from_utf8_lossy(&out).lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_terminal_gets_a_header_and_no_line_wider_than_itself() {
        let mut wide = sample(0);
        wide.summary = "日本語の名前 called StopLogging ".repeat(12);
        let mut long = sample(0);
        long.rule.id = "x".repeat(90);
        for width in [110, 120, 200] {
            let lines = lines(&[&wide, &long], Layout { header: true, width: Some(width), color: false });
            assert!(lines[0].starts_with("ALERT"), "{lines:?}");
            assert!(lines.iter().any(|line| line.contains('日') && line.ends_with('…')), "{lines:?}");
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
        }
    }

    #[test]
    fn a_narrow_terminal_gets_the_summary_on_its_own_line() {
        let mut alert = sample(0);
        alert.rule.id = "aws-trail-stopped".to_owned();
        alert.summary = "日本語 ".repeat(40);
        let lines = lines(&[&alert], Layout { header: true, width: Some(90), color: false });
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].ends_with("aws-trail-stopped"), "{lines:?}");
        assert!(lines[2].starts_with("    日") && lines[2].width() <= 90, "{lines:?}");
    }

    #[test]
    fn a_pipe_gets_whole_lines_with_the_rule_and_no_header() {
        let mut alert = sample(0);
        alert.rule.id = "y".repeat(90);
        let lines = lines(&[&alert], Layout::default());
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(&alert.rule.id) && lines[0].contains(&clean(&alert.summary)));
    }

    #[test]
    fn colors_do_not_change_the_widths() {
        let alert = sample(0);
        let layout = Layout { header: true, width: Some(200), color: true };
        let colored = lines(&[&alert], layout).join("\n");
        let plain = lines(&[&alert], Layout { color: false, ..layout }).join("\n");
        assert_ne!(colored, plain);
        assert_eq!(colored.replace(style(alert.rule.level), "").replace("\x1b[0m", ""), plain);
    }
}
