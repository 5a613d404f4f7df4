//! Latency by percentile, as SVG: both axes logarithmic, so that the slowest of a thousand has as much room as the half.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::judge::hop::{Hop, Took};

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 180.0;
const MARGIN: f64 = 56.0;

const COLORS: [&str; 9] =
    ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#17becf"];

/// Points of a line between two powers of ten.
const POINTS: u32 = 20;

/// Where powers of ten stand.
struct Axes {
    /// Decades of 1/(1−p): 2 is the slowest of a hundred.
    x_decades: f64,
    /// Decades of milliseconds.
    y_decades: f64,
}

impl Axes {
    fn of(took: &BTreeMap<Hop, Took>) -> Self {
        let decades = |most: u64| float(most.max(10)).log10().ceil();
        Self {
            x_decades: decades(took.values().map(Took::alerts).max().unwrap_or(0)),
            y_decades: decades(took.values().map(Took::max_ms).max().unwrap_or(0)),
        }
    }

    fn x(&self, decades: f64) -> f64 {
        LEFT + decades / self.x_decades * (WIDTH - LEFT - RIGHT)
    }

    /// What is faster than a millisecond stands where a millisecond does.
    fn y(&self, ms: u64) -> f64 {
        HEIGHT - MARGIN - float(ms.max(1)).log10() / self.y_decades * (HEIGHT - 2.0 * MARGIN)
    }
}

/// Draws a line a hop.
pub(super) fn svg(title: &str, took: &BTreeMap<Hop, Took>) -> String {
    let axes = Axes::of(took);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/><text x="{LEFT}" y="28" font-size="14">{}</text>"#,
        escaped(title)
    );
    grid(&axes, &mut svg);
    for (n, (hop, took)) in took.iter().enumerate() {
        let color = COLORS[n % COLORS.len()];
        let points = points(&axes, took);
        let legend_y = MARGIN + 8.0 + 18.0 * f64::from(u32::try_from(n).unwrap_or(0));
        // Writing to a string cannot fail.
        let _ = write!(
            svg,
            r#"<polyline fill="none" stroke="{color}" stroke-width="2" points="{points}"><title>{hop}, {alerts} alerts, at most {max} ms</title></polyline><text x="{x}" y="{legend_y}" fill="{color}">{hop}</text>"#,
            hop = escaped(hop.as_str()),
            alerts = took.alerts(),
            max = took.max_ms(),
            x = WIDTH - RIGHT + 12.0
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Lines and words at the powers of ten.
fn grid(axes: &Axes, svg: &mut String) {
    let (bottom, right) = (HEIGHT - MARGIN, WIDTH - RIGHT);
    let mut y_decade = 0;
    while f64::from(y_decade) <= axes.y_decades {
        let ms = 10_u64.saturating_pow(y_decade);
        let word = match ms {
            1 => "≤ 1 ms".to_owned(),
            2..1000 => format!("{ms} ms"),
            _ => format!("{} s", ms / 1000),
        };
        let _ = write!(
            svg,
            r#"<line x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}" stroke="lightgray"/><text x="{}" y="{:.1}" text-anchor="end">{word}</text>"#,
            LEFT - 8.0,
            axes.y(ms) + 4.0,
            y = axes.y(ms)
        );
        y_decade += 1;
    }
    let (mut x_decade, mut nines) = (0, String::new());
    while f64::from(x_decade) <= axes.x_decades {
        let word = match nines.as_str() {
            "" => "0 %".to_owned(),
            "9" => "90 %".to_owned(),
            "99" => "99 %".to_owned(),
            more => format!("99.{} %", &more[2..]),
        };
        let _ = write!(
            svg,
            r#"<line x1="{x:.1}" x2="{x:.1}" y1="{MARGIN}" y2="{bottom}" stroke="lightgray"/><text x="{x:.1}" y="{}" text-anchor="middle">{word}</text>"#,
            bottom + 20.0,
            x = axes.x(f64::from(x_decade))
        );
        x_decade += 1;
        nines.push('9');
    }
    let _ = write!(
        svg,
        r#"<text x="{:.1}" y="{}" text-anchor="middle">share of the alerts that took no longer</text>"#,
        (LEFT + right) / 2.0,
        HEIGHT - 12.0
    );
}

/// A hop's line. It ends where its slowest alert stands: of n alerts at 1 − 1/n.
fn points(axes: &Axes, took: &Took) -> String {
    let end = float(took.alerts().max(1)).log10();
    let mut points = String::new();
    let mut n = 0;
    loop {
        let decades = f64::from(n) / f64::from(POINTS);
        if decades >= end {
            break;
        }
        let ms = took.quantile_ms(1.0 - 10_f64.powf(-decades));
        let _ = write!(points, "{:.1},{:.1} ", axes.x(decades), axes.y(ms));
        n += 1;
    }
    let _ = write!(points, "{:.1},{:.1}", axes.x(end), axes.y(took.max_ms()));
    points
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[expect(clippy::cast_precision_loss, reason = "coordinates")]
fn float(n: u64) -> f64 {
    n as f64
}
