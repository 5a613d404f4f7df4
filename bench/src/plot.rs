//! Something against something, as SVG: lines over a logarithmic scale.

use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const MARGIN: f64 = 56.0;

const COLORS: [&str; 4] = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd"];

/// One line: a name, and its points from left to right.
pub(crate) type Line = (&'static str, Vec<(usize, f64)>);

/// Lines across, at most.
const TICKS_MAX: f64 = 12.0;

/// Cost against rules, a line a corpus.
pub(crate) fn cost(lines: &[Line]) -> String {
    svg("gzip to matches, as a multiple of inflating alone", "event rules", lines)
}

/// Latency against rate, a line a percentile.
pub(crate) fn latency(lines: &[Line]) -> String {
    svg("from arrival in the stream to alert, milliseconds", "events a second", lines)
}

/// Draws the lines. Names are ours, never an event's.
#[expect(clippy::cast_precision_loss, reason = "coordinates")]
fn svg(title: &str, axis: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let most = points().map(|(_, ratio)| *ratio).fold(1.0, f64::max).ceil();
    let (least_rules, most_rules) =
        points().fold((usize::MAX, 1), |(least, most), (rules, _)| (least.min(*rules), most.max(*rules)));
    let span = (most_rules as f64 / least_rules as f64).ln().max(1.0);
    let x = |rules: usize| MARGIN + (rules as f64 / least_rules as f64).ln() / span * (WIDTH - 2.0 * MARGIN);
    let y = |ratio: f64| HEIGHT - MARGIN - ratio / most * (HEIGHT - 2.0 * MARGIN);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/><text x="{MARGIN}" y="24" font-size="14">{title}</text>"#
    );
    let mut step = 1.0;
    while most / step > TICKS_MAX {
        step *= if step.log10().fract() == 0.0 { 5.0 } else { 2.0 };
    }
    let mut tick = 0.0;
    while tick <= most {
        // Writing to a string cannot fail.
        let _ = write!(
            svg,
            r#"<line x1="{MARGIN}" x2="{}" y1="{y}" y2="{y}" stroke="{}"/><text x="{}" y="{}" text-anchor="end">{tick}</text>"#,
            WIDTH - MARGIN,
            if tick == 1.0 { "black" } else { "lightgray" },
            MARGIN - 8.0,
            y(tick) + 4.0,
            y = y(tick)
        );
        tick += step;
    }
    for (at, (name, points)) in lines.iter().enumerate() {
        let color = COLORS[at % COLORS.len()];
        let path: Vec<String> =
            points.iter().map(|(rules, ratio)| format!("{:.1},{:.1}", x(*rules), y(*ratio))).collect();
        let _ = write!(
            svg,
            r#"<polyline fill="none" stroke="{color}" stroke-width="2" points="{}"/>"#,
            path.join(" ")
        );
        for (rules, ratio) in points {
            let _ = write!(
                svg,
                r#"<circle cx="{:.1}" cy="{:.1}" r="3" fill="{color}"><title>{name}, {rules}: {ratio:.2}</title></circle>"#,
                x(*rules),
                y(*ratio)
            );
            if at == 0 {
                let _ = write!(
                    svg,
                    r#"<text x="{:.1}" y="{}" text-anchor="middle">{rules}</text>"#,
                    x(*rules),
                    HEIGHT - MARGIN + 20.0
                );
            }
        }
        let _ = write!(
            svg,
            r#"<text x="{}" y="{}" fill="{color}">{name}</text>"#,
            WIDTH - MARGIN + 6.0,
            60.0 + 18.0 * at as f64
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">{axis}</text></svg>"#,
        WIDTH / 2.0,
        HEIGHT - 12.0
    );
    svg
}
