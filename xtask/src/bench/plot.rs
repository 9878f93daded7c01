//! The curves of how the collector grows, as an SVG with logarithmic axes.

use std::fmt::Write as _;

use super::scale::{Curve, Point};

const PANEL: f64 = 300.0;
const HEIGHT: f64 = 260.0;
/// Around the area that the curves are drawn in.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 40.0;
const TIME: &str = "#0969da";
const MEMORY: &str = "#bc4c00";

/// A panel for each curve: processor time in ms, peak memory in MiB.
pub(super) fn svg(curves: &[Curve]) -> String {
    let width = PANEL * curves.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    for (index, curve) in curves.iter().enumerate() {
        let _ = writeln!(
            out,
            "<g transform=\"translate({} 0)\">",
            PANEL * index as f64
        );
        panel(&mut out, curve);
        out += "</g>\n";
    }
    out + "</svg>\n"
}

fn panel(out: &mut String, curve: &Curve) {
    let xs = Axis::of(curve.points.iter().map(|point| point.at as f64));
    let both = |point: &Point| [point.cpu_ms, point.peak_mib];
    let ys = Axis::of(curve.points.iter().flat_map(both));
    text(out, LEFT, 16.0, "start", TIME, "processor time, ms");
    text(out, PANEL - RIGHT, 16.0, "end", MEMORY, "peak memory, MiB");
    text(out, PANEL / 2.0, HEIGHT - 8.0, "middle", "black", curve.of);
    for decade in xs.decades() {
        let x = xs.place(decade, LEFT, PANEL - RIGHT);
        text(
            out,
            x,
            HEIGHT - BOTTOM + 16.0,
            "middle",
            "#57606a",
            &number(decade),
        );
    }
    for decade in ys.decades() {
        let y = ys.place(decade, HEIGHT - BOTTOM, TOP);
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {y:.1}H{}\" stroke=\"#d0d7de\"/>",
            PANEL - RIGHT
        );
        text(out, LEFT - 6.0, y + 4.0, "end", "#57606a", &number(decade));
    }
    for (colour, of) in [(TIME, 0), (MEMORY, 1)] {
        let places = curve.points.iter().map(|point| {
            let x = xs.place(point.at as f64, LEFT, PANEL - RIGHT);
            (x, ys.place(both(point)[of], HEIGHT - BOTTOM, TOP))
        });
        line(out, colour, places);
    }
}

fn line(out: &mut String, colour: &str, places: impl Iterator<Item = (f64, f64)> + Clone) {
    let points: Vec<_> = places
        .clone()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        points.join(" ")
    );
    for (x, y) in places {
        let _ = writeln!(
            out,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
        );
    }
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, colour: &str, words: &str) {
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>"
    );
}

/// A logarithmic axis, from a power of ten to another.
struct Axis {
    low: i32,
    high: i32,
}

impl Axis {
    fn of(numbers: impl Iterator<Item = f64> + Clone) -> Self {
        let logs = numbers.map(|number| number.max(1e-3).log10());
        let low = logs.clone().fold(f64::INFINITY, f64::min).floor() as i32;
        let high = logs.fold(f64::NEG_INFINITY, f64::max).ceil() as i32;
        Self {
            low,
            high: high.max(low + 1),
        }
    }

    fn decades(&self) -> impl Iterator<Item = f64> + use<> {
        (self.low..=self.high).map(|power| 10f64.powi(power))
    }

    fn place(&self, number: f64, from: f64, to: f64) -> f64 {
        let part =
            (number.max(1e-3).log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        from + part * (to - from)
    }
}

fn number(decade: f64) -> String {
    match decade {
        d if d >= 1e6 => format!("{}M", d / 1e6),
        d if d >= 1e3 => format!("{}k", d / 1e3),
        d => format!("{d}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_on_a_logarithmic_axis() {
        let axis = Axis::of([2.0, 500.0].into_iter());
        assert_eq!(
            axis.decades().collect::<Vec<_>>(),
            [1.0, 10.0, 100.0, 1000.0]
        );
        assert_eq!(axis.place(1.0, 0.0, 300.0), 0.0);
        assert!((axis.place(10.0, 0.0, 300.0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn every_point_of_a_curve_is_drawn_in_its_panel() {
        let point = |at| Point {
            at,
            cpu_ms: at as f64 / 3.0,
            peak_mib: 40.0,
        };
        let curve = Curve {
            row: "scale-spans",
            of: "spans",
            points: vec![point(100), point(10_000), point(1_000_000)],
        };
        let svg = svg(&[curve]);
        assert_eq!(svg.matches("<circle").count(), 6);
        for y in svg.split("cy=\"").skip(1) {
            let y: f64 = y.split('"').next().unwrap().parse().unwrap();
            assert!((TOP..=HEIGHT - BOTTOM).contains(&y), "{y}");
        }
    }
}
