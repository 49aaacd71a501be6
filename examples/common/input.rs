//! The two kinds of files, `EDGES.csv` and `DISTRIBUTIONS.csv`, and the graph they describe.

use std::collections::HashMap;
use std::path::Path;

use jkoflow::{Duplicates, Error, Graph, Reference};

use super::csv_file::{CsvFile, Row};
use super::failure::{note, Outcome};
use super::text;

/// A column may miss one by this much and still count as summing to one.
const SUM_TOLERANCE: f64 = 1e-9;

/// What may stand in a file of snapshots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Entries {
    /// Masses, which may be zero.
    Masses,
    /// Whole numbers.
    Counts,
}

/// Snapshots of a process.
pub struct Snapshots {
    file: CsvFile,
    pub nodes: Vec<String>,
    /// The times as they are written in the file.
    pub headings: Vec<String>,
    pub times: Vec<f64>,
    /// A distribution per time, scaled to sum one, in the order of `nodes`.
    pub masses: Vec<Vec<f64>>,
    /// The same as it stands in the file.
    pub columns: Vec<Vec<f64>>,
}

impl Snapshots {
    pub fn read(path: &Path, entries: Entries) -> Outcome<Self> {
        let file = CsvFile::read(path)?;
        let times = read_times(&file)?;
        let nodes = read_nodes(&file)?;
        let mut columns = vec![Vec::with_capacity(nodes.len()); times.len()];
        for row in &file.rows {
            for (k, column) in columns.iter_mut().enumerate() {
                column.push(read_mass(&file, row, k + 2, entries)?);
            }
        }
        let headings = file.header.fields[1..].to_vec();
        let mut snapshots = Self { file, nodes, headings, times, masses: Vec::new(), columns };
        snapshots.scale()?;
        Ok(snapshots)
    }

    /// Snapshots of the same nodes, brought into the order of `nodes`.
    pub fn read_in_order(
        path: &Path,
        entries: Entries,
        nodes: &[String],
        nodes_file: &str,
    ) -> Outcome<Self> {
        let mut snapshots = Self::read(path, entries)?;
        let known = positions(nodes);
        for (row, label) in snapshots.file.rows.iter().zip(&snapshots.nodes) {
            if !known.contains_key(label.as_str()) {
                return Err(snapshots.file.fault(row.line, 1, unknown_node(label, nodes, nodes_file)));
            }
        }
        let own = positions(&snapshots.nodes);
        let mut order = Vec::with_capacity(nodes.len());
        for label in nodes {
            let missing =
                || snapshots.file.fault(1, 1, format!("node {label:?} of {nodes_file} has no row here"));
            order.push(*own.get(label.as_str()).ok_or_else(missing)?);
        }
        for column in snapshots.masses.iter_mut().chain(&mut snapshots.columns) {
            *column = order.iter().map(|&row| column[row]).collect();
        }
        snapshots.nodes = nodes.to_vec();
        Ok(snapshots)
    }

    pub fn file_name(&self) -> &str {
        &self.file.name
    }

    /// Number of pairs of consecutive snapshots.
    pub fn pairs(&self) -> usize {
        self.times.len() - 1
    }

    /// Says on standard error that columns did not sum to one.
    pub fn note_scaling(&self) {
        let sums = self.columns.iter().map(|column| column.iter().sum::<f64>());
        let scaled: Vec<f64> = sums.filter(|sum| (sum - 1.0).abs() > SUM_TOLERANCE).collect();
        if scaled.is_empty() {
            return;
        }
        let low = scaled.iter().copied().fold(f64::INFINITY, f64::min);
        let high = scaled.iter().copied().fold(0.0, f64::max);
        let (low, high) = (text::number(low, 6), text::number(high, 6));
        let (name, count, all) = (&self.file.name, scaled.len(), self.columns.len());
        note(&format!("note: {name}: {count} of {all} columns did not sum to one (but to {low} ... {high}) and were scaled"));
    }

    fn scale(&mut self) -> Outcome<()> {
        for (k, entries) in self.columns.iter().enumerate() {
            let (column, heading) = (k + 2, &self.headings[k]);
            let sum: f64 = entries.iter().sum();
            if sum == 0.0 {
                let message =
                    format!("the snapshot at time {heading} holds no mass: every entry is zero");
                return Err(self.file.fault(1, column, message));
            }
            if !sum.is_finite() {
                return Err(self.file.fault(
                    1,
                    column,
                    format!("the sum of the snapshot at time {heading} overflows"),
                ));
            }
            self.masses.push(entries.iter().map(|mass| mass / sum).collect());
        }
        Ok(())
    }

    /// An error for a node without mass, and what helps.
    pub fn refuse_empty_nodes(&self) -> Outcome<()> {
        for (k, (mass, heading)) in self.masses.iter().zip(&self.headings).enumerate() {
            if let Some(empty) = mass.iter().position(|&m| m == 0.0) {
                let node = &self.nodes[empty];
                let message = format!(
                    "node {node:?} is empty in the snapshot at time {heading}; \
                     --zeros mix or --zeros leave-out says what becomes of empty nodes"
                );
                let row = self.file.rows.iter().find(|row| row.fields[0] == *node);
                return Err(self.file.fault(row.map_or(1, |row| row.line), k + 2, message));
            }
        }
        Ok(())
    }
}

/// The times in the header: numbers that increase, at least two.
fn read_times(file: &CsvFile) -> Outcome<Vec<f64>> {
    let (header, line) = (&file.header, file.header.line);
    if header.fields[0] != "node" {
        let message = format!("the header should begin with \"node\", not {:?}", header.fields[0]);
        return Err(file.fault(line, 1, message));
    }
    let mut times: Vec<f64> = Vec::new();
    for column in 2..=header.fields.len() {
        let heading = &header.fields[column - 1];
        let time = match heading.parse::<f64>() {
            Ok(time) if time.is_finite() => time,
            _ => {
                return Err(file.fault(
                    line,
                    column,
                    format!("the heading {heading:?} is not a time (a finite number)"),
                ))
            }
        };
        if times.last().is_some_and(|&last| time <= last) {
            let message = format!("time {heading} does not come after {}", header.fields[column - 2]);
            return Err(file.fault(line, column, message));
        }
        times.push(time);
    }
    if times.len() < 2 {
        let message = format!("{}, but at least two are needed", text::counted(times.len(), "snapshot"));
        return Err(file.fault(line, header.fields.len(), message));
    }
    Ok(times)
}

/// The labels in the first column, each once.
fn read_nodes(file: &CsvFile) -> Outcome<Vec<String>> {
    let mut first_line: HashMap<&str, usize> = HashMap::with_capacity(file.rows.len());
    for row in &file.rows {
        let label = file.label(row, 1)?;
        if let Some(line) = first_line.insert(label, row.line) {
            return Err(file.fault(
                row.line,
                1,
                format!("node {label:?} was given before, in line {line}"),
            ));
        }
    }
    if file.rows.is_empty() {
        return Err(file.fault(file.header.line, 1, "there are no nodes below the header"));
    }
    Ok(file.rows.iter().map(|row| row.fields[0].clone()).collect())
}

fn read_mass(file: &CsvFile, row: &Row, column: usize, entries: Entries) -> Outcome<f64> {
    let mass = file.number(row, column)?;
    if mass < 0.0 {
        return Err(file.fault(row.line, column, format!("the mass {mass} is negative")));
    }
    if entries == Entries::Counts && mass.fract() != 0.0 {
        return Err(file.fault(row.line, column, format!("{mass} is not a count, a whole number")));
    }
    Ok(mass)
}

/// The graph of an edge file on the nodes of the snapshots.
pub fn read_graph(path: &Path, snapshots: &Snapshots, reference: Reference) -> Outcome<Graph> {
    let file = CsvFile::read(path)?;
    check_edge_header(&file)?;
    let edges = read_edges(&file, snapshots)?;
    check_every_node_has_an_edge(&file, &edges, snapshots)?;
    let nodes = &snapshots.nodes;
    Graph::from_weights(nodes.len(), &edges, reference, Duplicates::Refuse).map_err(
        |error| match error {
            Error::Disconnected { components, smallest_size, smallest_node } => {
                let label = &nodes[smallest_node];
                let line = file
                    .rows
                    .iter()
                    .find(|row| row.fields[..2].contains(label))
                    .map_or(1, |row| row.line);
                let message = format!(
                    "the graph falls into {components} components, so mass cannot reach every node; \
                 the smallest has {smallest_size} nodes and holds {label:?}"
                );
                file.fault(line, 1, message)
            }
            other => file.fault(1, 1, other.to_string()),
        },
    )
}

fn check_edge_header(file: &CsvFile) -> Outcome<()> {
    let expected = ["source", "target", "weight"];
    let found = &file.header.fields;
    for (k, name) in expected.iter().enumerate() {
        match found.get(k) {
            Some(field) if field == name => {}
            None if k == 2 => {}
            other => {
                let what = other.map_or("nothing".into(), |field| format!("{field:?}"));
                let message =
                    format!("the header should be source,target[,weight]: {name:?} is due, not {what}");
                return Err(file.fault(file.header.line, k + 1, message));
            }
        }
    }
    match found.get(3) {
        None => Ok(()),
        Some(field) => {
            let message = format!("the header should be source,target[,weight]: {field:?} is too much");
            Err(file.fault(file.header.line, 4, message))
        }
    }
}

fn read_edges(file: &CsvFile, snapshots: &Snapshots) -> Outcome<Vec<(usize, usize, f64)>> {
    let index = positions(&snapshots.nodes);
    let mut first_line: HashMap<(usize, usize), usize> = HashMap::with_capacity(file.rows.len());
    let mut edges = Vec::with_capacity(file.rows.len());
    for row in &file.rows {
        let end = |column| -> Outcome<usize> {
            let label = file.label(row, column)?;
            index.get(label).copied().ok_or_else(|| {
                file.fault(
                    row.line,
                    column,
                    unknown_node(label, &snapshots.nodes, snapshots.file_name()),
                )
            })
        };
        let (x, y) = (end(1)?, end(2)?);
        let label = |node: usize| &snapshots.nodes[node];
        if x == y {
            let message =
                format!("the edge joins {:?} to itself; a loop moves no mass, leave it out", label(x));
            return Err(file.fault(row.line, 2, message));
        }
        if let Some(line) = first_line.insert((x.min(y), x.max(y)), row.line) {
            let message =
                format!("the edge {:?}, {:?} was given before, in line {line}", label(x), label(y));
            return Err(file.fault(row.line, 1, message));
        }
        edges.push((x, y, read_weight(file, row)?));
    }
    Ok(edges)
}

fn read_weight(file: &CsvFile, row: &Row) -> Outcome<f64> {
    if row.fields.len() < 3 {
        return Ok(1.0);
    }
    let weight = file.number(row, 3)?;
    if weight <= 0.0 {
        return Err(file.fault(row.line, 3, format!("the weight {weight} is not positive")));
    }
    Ok(weight)
}

/// A node that is alone in the world needs none.
fn check_every_node_has_an_edge(
    edge_file: &CsvFile,
    edges: &[(usize, usize, f64)],
    snapshots: &Snapshots,
) -> Outcome<()> {
    let mut joined = vec![false; snapshots.nodes.len()];
    for &(x, y, _) in edges {
        joined[x] = true;
        joined[y] = true;
    }
    match joined.iter().position(|&j| !j) {
        Some(node) if joined.len() > 1 => {
            let message = format!("node {:?} has no edge in {}", snapshots.nodes[node], edge_file.name);
            Err(snapshots.file.fault(snapshots.file.rows[node].line, 1, message))
        }
        _ => Ok(()),
    }
}

fn positions(nodes: &[String]) -> HashMap<&str, usize> {
    nodes.iter().enumerate().map(|(k, label)| (label.as_str(), k)).collect()
}

fn unknown_node(label: &str, nodes: &[String], file: &str) -> String {
    match nodes.iter().min_by_key(|known| edit_distance(label, known)) {
        Some(nearest) => {
            format!("unknown node {label:?}: {file} has no such row, the nearest is {nearest:?}")
        }
        None => format!("unknown node {label:?}"),
    }
}

/// Letters to insert, delete or replace to turn one word into the other, ignoring case.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for j in 0..b.len() {
            let replaced = diagonal + usize::from(letter != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j].min(diagonal) + 1);
        }
    }
    row[b.len()]
}
