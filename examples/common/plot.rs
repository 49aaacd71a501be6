//! The picture of a learned energy: the potential, and next to it what it predicts.

use std::path::Path;

use super::input::Snapshots;
use super::learn_options::Criterion;
use super::learned::Learned;
use super::svg::{shortened, text_width, wrapped, Anchor, Scale, Svg};
use super::svg::{FAINT, GRID, HIGH, INK, LONG, LOW, STEP};
use super::text::{counted, number};

const MARGIN: f64 = 28.0;
/// From the upper edge to the charts.
const HEAD: f64 = 132.0;
/// From the lower edge of the charts to the caption.
const AXES: f64 = 66.0;
const CAPTION: f64 = 13.0;
const LINE: f64 = 19.0;
const BARS: f64 = 300.0;
const PANEL: f64 = 250.0;
const LONGEST_LABEL: usize = 28;
/// With more nodes than this only the extremes are drawn.
const ALL_BARS: usize = 80;
/// How many of the lowest, and of the highest.
const EXTREMES: usize = 30;
/// Nodes whose shares are drawn over time.
const PANELS: usize = 6;

pub struct Picture<'a> {
    pub snapshots: &'a Snapshots,
    pub edges: usize,
    pub learned: &'a Learned,
    /// What the energy makes of each snapshot by the time of the next.
    pub predicted: &'a [Vec<f64>],
    /// What it makes of the start by the time of each snapshot, as far as that is known.
    pub from_first: &'a [Vec<f64>],
}

impl Picture<'_> {
    fn potential(&self) -> &[f64] {
        self.learned.fitted.potential()
    }
}

pub fn draw(picture: &Picture) -> String {
    let rows = bar_rows(picture.potential());
    let labels = rows.iter().flatten().map(|&node| text_width(&label(picture, node), 11.0));
    let label_room = labels.fold(40.0, f64::max) + 8.0;
    let body = (rows.len() as f64 * 14.5).max(480.0);
    let panels = MARGIN + label_room + BARS + 76.0;
    let width = panels + 2.0 * PANEL + 56.0 + MARGIN;
    let caption = wrapped(&caption(picture), CAPTION, width - 2.0 * MARGIN);
    let mut svg = Svg::new(width, HEAD + body + AXES + LINE * caption.len() as f64 + 8.0);
    draw_title(&mut svg, picture);
    draw_bars(&mut svg, picture, &rows, MARGIN + label_room, body);
    draw_panels(&mut svg, picture, panels, body);
    for (k, line) in caption.iter().enumerate() {
        svg.text(MARGIN, HEAD + body + AXES + LINE * k as f64, CAPTION, Anchor::Start, INK, line);
    }
    svg.finish()
}

fn draw_title(svg: &mut Svg, picture: &Picture) {
    let snapshots = picture.snapshots;
    svg.bold(MARGIN, 38.0, 20.0, Anchor::Start, "A free energy fitted to these snapshots");
    let (first, last) = (&snapshots.headings[0], &snapshots.headings[snapshots.pairs()]);
    let file = Path::new(snapshots.file_name()).file_name();
    let facts = format!(
        "{}: {}, {}, {}, times {first} to {last}; explains {:.1} % of the {}",
        file.unwrap_or_default().to_string_lossy(),
        counted(snapshots.nodes.len(), "node"),
        counted(picture.edges, "edge"),
        counted(picture.learned.steps, "step"),
        100.0 * picture.learned.explained,
        picture.learned.measure()
    );
    svg.text(MARGIN, 59.0, 13.0, Anchor::Start, FAINT, &shortened(&facts, 130));
}

/// Nodes from the lowest potential to the highest; `None` stands for those left out.
fn bar_rows(potential: &[f64]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..potential.len()).collect();
    order.sort_by(|&x, &y| potential[x].total_cmp(&potential[y]));
    if order.len() <= ALL_BARS {
        return order.into_iter().map(Some).collect();
    }
    let lowest = order[..EXTREMES].iter().copied().map(Some);
    let highest = order[order.len() - EXTREMES..].iter().copied().map(Some);
    lowest.chain([None]).chain(highest).collect()
}

fn draw_bars(svg: &mut Svg, picture: &Picture, rows: &[Option<usize>], left: f64, body: f64) {
    let values = || picture.potential().iter().copied();
    let (low, high) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let scale = Scale::new(low, high, left, left + BARS);
    svg.bold(MARGIN, HEAD - 36.0, 14.0, Anchor::Start, "Learned potential of the nodes");
    svg.rectangle(MARGIN, HEAD - 26.0, 12.0, 12.0, LOW);
    svg.text(MARGIN + 18.0, HEAD - 16.0, 12.0, Anchor::Start, INK, "low: attracts mass");
    svg.rectangle(MARGIN + 150.0, HEAD - 26.0, 12.0, 12.0, HIGH);
    svg.text(MARGIN + 168.0, HEAD - 16.0, 12.0, Anchor::Start, INK, "high: repels mass");
    for (x, tick) in scale.ticks(4) {
        svg.line((x, HEAD - 6.0), (x, HEAD + body), GRID);
        svg.text(x, HEAD + body + 16.0, 11.0, Anchor::Middle, FAINT, &tick);
    }
    let middle = left + 0.5 * BARS;
    svg.text(
        middle,
        HEAD + body + 33.0,
        12.0,
        Anchor::Middle,
        FAINT,
        "potential V (squared distance per time)",
    );
    let height = body / rows.len() as f64;
    for (k, row) in rows.iter().enumerate() {
        let top = HEAD + k as f64 * height;
        let base = top + 0.5 * height + 4.0;
        let Some(node) = *row else {
            let left_out = format!("… {} nodes between …", picture.potential().len() - 2 * EXTREMES);
            svg.text(scale.at(0.0) + 8.0, base, 11.0, Anchor::Start, FAINT, &left_out);
            continue;
        };
        let (from, to) = (scale.at(0.0), scale.at(picture.potential()[node]));
        let colour = if to < from { LOW } else { HIGH };
        let thickness = (0.72 * height).min(22.0);
        svg.rectangle(
            from.min(to),
            top + 0.5 * (height - thickness),
            (to - from).abs(),
            thickness,
            colour,
        );
        svg.text(left - 8.0, base, 11.0, Anchor::End, INK, &label(picture, node));
    }
    svg.line((scale.at(0.0), HEAD - 6.0), (scale.at(0.0), HEAD + body), INK);
}

fn draw_panels(svg: &mut Svg, picture: &Picture, left: f64, body: f64) {
    let nodes = most_moving(picture.snapshots);
    let title = match nodes.len() < picture.snapshots.nodes.len() {
        true => format!("Shares of the {} nodes that changed most", nodes.len()),
        false => "Shares of the nodes".into(),
    };
    svg.bold(left, HEAD - 36.0, 14.0, Anchor::Start, &title);
    draw_legend(svg, left, HEAD - 16.0);
    let rows = nodes.len().div_ceil(2).max(1);
    let height = body / rows as f64;
    for (k, &node) in nodes.iter().enumerate() {
        let x = left + 30.0 + (k % 2) as f64 * (PANEL + 44.0);
        let bottom_row = k + 2 >= nodes.len();
        draw_panel(svg, picture, node, (x, HEAD + (k / 2) as f64 * height), height, bottom_row);
    }
    svg.upright(left - 14.0, HEAD + 0.5 * body, 12.0, FAINT, "share of all mass, in percent");
}

fn draw_legend(svg: &mut Svg, left: f64, base: f64) {
    let middle = base - 4.0;
    svg.dot(left + 4.0, middle, 2.4, FAINT);
    svg.text(left + 12.0, base, 12.0, Anchor::Start, INK, "observed");
    svg.curve(&[(left + 84.0, middle), (left + 104.0, middle)], 1.8, STEP);
    svg.text(left + 110.0, base, 12.0, Anchor::Start, INK, "predicted one step ahead");
    svg.curve(&[(left + 282.0, middle), (left + 302.0, middle)], 2.4, LONG);
    svg.text(left + 308.0, base, 12.0, Anchor::Start, INK, "predicted from the first snapshot");
}

fn draw_panel(
    svg: &mut Svg,
    picture: &Picture,
    node: usize,
    corner: (f64, f64),
    height: f64,
    last: bool,
) {
    let times = &picture.snapshots.times;
    let percent =
        |masses: &[Vec<f64>]| masses.iter().map(|mass| 100.0 * mass[node]).collect::<Vec<f64>>();
    let observed = percent(&picture.snapshots.masses);
    let one_step = percent(picture.predicted);
    let from_first = percent(picture.from_first);

    let (left, right) = (corner.0, corner.0 + PANEL - 18.0);
    let (top, bottom) = (corner.1 + 24.0, corner.1 + height - 22.0);
    // `min` and `max` pass over NaN
    let all = || observed.iter().chain(&one_step).chain(&from_first).copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
    let y = Scale::new(low, high, bottom - 4.0, top + 4.0);
    let x = Scale::new(times[0], times[times.len() - 1], left, right);
    draw_axes(svg, &x, &y, (left, right), bottom);
    if last {
        svg.text(0.5 * (left + right), bottom + 33.0, 12.0, Anchor::Middle, FAINT, "time");
    }
    svg.bold(left, top - 8.0, 12.0, Anchor::Start, &label(picture, node));
    let points = |times: &[f64], values: &[f64]| -> Vec<(f64, f64)> {
        let known = times.iter().zip(values).filter(|(_, v)| v.is_finite());
        known.map(|(&t, &v)| (x.at(t), y.at(v))).collect()
    };
    for (x, y) in points(times, &observed) {
        svg.dot(x, y, 2.0, FAINT);
    }
    svg.curve(&points(&times[1..], &one_step), 1.4, STEP);
    svg.curve(&points(times, &from_first), 2.2, LONG);
}

fn draw_axes(svg: &mut Svg, x: &Scale, y: &Scale, (left, right): (f64, f64), bottom: f64) {
    for (at, tick) in y.ticks(5) {
        svg.line((left, at), (right, at), GRID);
        svg.text(left - 5.0, at + 3.5, 10.0, Anchor::End, FAINT, &tick);
    }
    for (at, tick) in x.ticks(4) {
        svg.line((at, bottom), (at, bottom + 4.0), FAINT);
        svg.text(at, bottom + 15.0, 10.0, Anchor::Middle, FAINT, &tick);
    }
    svg.line((left, bottom), (right, bottom), FAINT);
}

/// The nodes whose shares range over most.
fn most_moving(snapshots: &Snapshots) -> Vec<usize> {
    let range = |node: usize| {
        let shares = || snapshots.masses.iter().map(|mass| mass[node]);
        shares().fold(0.0, f64::max) - shares().fold(1.0, f64::min)
    };
    let mut order: Vec<usize> = (0..snapshots.nodes.len()).collect();
    order.sort_by(|&a, &b| range(b).total_cmp(&range(a)));
    order.truncate(PANELS);
    order
}

fn caption(picture: &Picture) -> String {
    let learned = picture.learned;
    let terms = learned.fitted.model().terms();
    let has = |name: &str| terms.iter().any(|term| term.name() == name);
    let potential = match has("potential") {
        true => "Mass flows towards low potential: from the orange nodes to the blue ones.",
        false => "No potential was learned.",
    };
    let beta = number(learned.fitted.entropy(), 3);
    let entropy = match learned.fitted.entropy() {
        _ if !has("entropy") => "No entropy was learned.".into(),
        b if b > 0.0 => format!("The entropy coefficient is {beta}: above zero, so mass also spreads out along the edges."),
        b if b < 0.0 => format!("The entropy coefficient is {beta}: below zero, so mass also gathers instead of spreading out."),
        _ => "The entropy coefficient is 0: nothing spreads the mass.".into(),
    };
    let others = match terms.iter().any(|t| !["potential", "entropy"].contains(&t.name())) {
        true => " Other terms were learned too.",
        false => "",
    };
    let percent = 100.0 * learned.explained;
    let measure = match learned.criterion {
        Criterion::Quadratic(_) => "motion (squared speed) from each snapshot to the next",
        Criterion::Flow => "squared change from each snapshot to the next",
        Criterion::Likelihood => "deviance of counts at rest",
    };
    format!(
        "{potential} {entropy}{others} This energy explains {percent:.1} % of the {measure}; the rest is nothing \
         that one fixed energy explains. A prediction one step ahead starts from the snapshot before, so it is \
         close whenever little changes in a step."
    )
}

fn label(picture: &Picture, node: usize) -> String {
    shortened(&picture.snapshots.nodes[node], LONGEST_LABEL)
}
