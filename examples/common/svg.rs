//! A few strokes of SVG.

use std::fmt::Write;

pub const INK: &str = "#1f2933";
pub const FAINT: &str = "#7b8794";
pub const GRID: &str = "#e4e7eb";
pub const LOW: &str = "#2b6cb0";
pub const HIGH: &str = "#dd6b20";
pub const STEP: &str = "#0d9488";
pub const LONG: &str = "#b83280";

/// Mean width of a letter over the font size, for leaving room; no font is measured.
const LETTER: f64 = 0.56;

#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    pub fn text(&mut self, x: f64, y: f64, size: f64, anchor: Anchor, colour: &str, text: &str) {
        self.styled(x, y, size, anchor, colour, "", text);
    }

    pub fn bold(&mut self, x: f64, y: f64, size: f64, anchor: Anchor, text: &str) {
        self.styled(x, y, size, anchor, INK, " font-weight=\"600\"", text);
    }

    /// Text that runs upwards, for vertical axes.
    pub fn upright(&mut self, x: f64, y: f64, size: f64, colour: &str, text: &str) {
        let turn = format!(" transform=\"rotate(-90 {x:.1} {y:.1})\"");
        self.styled(x, y, size, Anchor::Middle, colour, &turn, text);
    }

    #[allow(clippy::too_many_arguments)] // the attributes of one element
    fn styled(
        &mut self,
        x: f64,
        y: f64,
        size: f64,
        anchor: Anchor,
        colour: &str,
        more: &str,
        text: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.element(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{colour}\"{more}>{text}</text>"
        ));
    }

    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
        self.element(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        self.element(format_args!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    pub fn curve(&mut self, points: &[(f64, f64)], width: f64, colour: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let points = points.join(" ");
        self.element(format_args!(
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"/>"
        ));
    }

    pub fn dot(&mut self, x: f64, y: f64, radius: f64, colour: &str) {
        self.element(format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{colour}\"/>"
        ));
    }

    pub fn finish(&self) -> String {
        let (width, height, body) = (self.width, self.height, &self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
        )
    }

    fn element(&mut self, element: std::fmt::Arguments) {
        // writing to a string cannot fail
        let _ = writeln!(self.body, "{element}");
    }
}

/// Room that a text of this size takes, roughly.
pub fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * LETTER
}

/// At most `most` characters, with an ellipsis where some were left out.
pub fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() <= most {
        true => text.into(),
        false => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// Lines of whole words, each no wider than `width`.
pub fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = &lines[lines.len() - 1];
        let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        let fits = line.is_empty() || text_width(&longer, size) <= width;
        if fits {
            lines.pop();
        }
        lines.push(if fits { longer } else { word.into() });
    }
    lines
}

/// Markup must not break on a label, nor XML on a control character.
fn escape(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A linear map from a range of numbers to a range on the page.
#[derive(Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// An empty range is widened, so that a constant can be drawn.
    pub fn new(low: f64, high: f64, from: f64, to: f64) -> Self {
        match high - low > 1e-12 * low.abs().max(high.abs()) {
            true => Self { low, high, from, to },
            false => {
                let half = if low == 0.0 { 1.0 } else { 0.1 * low.abs() };
                Self { low: low - half, high: high + half, from, to }
            }
        }
    }

    pub fn at(&self, value: f64) -> f64 {
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// Round numbers in the range, about `wanted` of them, with their labels.
    pub fn ticks(&self, wanted: usize) -> Vec<(f64, String)> {
        let raw = (self.high - self.low) / wanted as f64;
        let decade = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|m| m * decade)
            .find(|s| *s >= raw)
            .unwrap_or(raw);
        let finer = if step == 2.5 * decade { 1.0 } else { 0.0 };
        let decimals = (finer - step.log10().floor()).clamp(0.0, 12.0) as usize;
        let (first, last) =
            ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        (first..=last)
            .map(|k| {
                let value = k as f64 * step;
                (self.at(value), format!("{value:.decimals$}").replace('-', "−"))
            })
            .collect()
    }
}
