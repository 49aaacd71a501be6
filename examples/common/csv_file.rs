//! Comma-separated files whose every fault has a line and a column.

use std::path::Path;

use super::failure::{Failure, Outcome};

pub struct CsvFile {
    pub name: String,
    /// The header.
    pub header: Row,
    /// The rows below it, each with as many fields as the header.
    pub rows: Vec<Row>,
}

pub struct Row {
    /// Counted from one.
    pub line: usize,
    pub fields: Vec<String>,
}

impl CsvFile {
    /// Reads a file; understands a byte order mark, either line end, quotes, and skips empty lines.
    pub fn read(path: &Path) -> Outcome<Self> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::usage(format!("{name}: cannot be read: {error}")))?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            let (line, column) = place(&bytes[..error.valid_up_to()]);
            Failure::at(&name, line, column, "the text is not valid UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rows = parse(&name, text)?.into_iter();
        let Some(header) = rows.next() else {
            return Err(Failure::at(&name, 1, 1, "the file is empty, but should begin with a header"));
        };
        let file = Self { name, header, rows: rows.collect() };
        file.check_widths()?;
        Ok(file)
    }

    pub fn fault(&self, line: usize, column: usize, message: impl AsRef<str>) -> Failure {
        Failure::at(&self.name, line, column, message)
    }

    /// A finite number; columns count from one.
    pub fn number(&self, row: &Row, column: usize) -> Outcome<f64> {
        let field = &row.fields[column - 1];
        let fault = |what: String| self.fault(row.line, column, what);
        if field.is_empty() {
            return Err(fault("a number is missing".into()));
        }
        match field.parse::<f64>() {
            Err(_) => Err(fault(format!("{field:?} is not a number"))),
            Ok(number) if !number.is_finite() => Err(fault(format!("{field:?} is not a finite number"))),
            Ok(number) => Ok(number),
        }
    }

    /// A label, which may be anything but nothing.
    pub fn label<'a>(&self, row: &'a Row, column: usize) -> Outcome<&'a str> {
        match row.fields[column - 1].as_str() {
            "" => Err(self.fault(row.line, column, "a label is missing")),
            label => Ok(label),
        }
    }

    fn check_widths(&self) -> Outcome<()> {
        let expected = self.header.fields.len();
        match self.rows.iter().find(|row| row.fields.len() != expected) {
            None => Ok(()),
            Some(row) => {
                let found = row.fields.len();
                let fields = if found == 1 { "field" } else { "fields" };
                let message = format!("the row has {found} {fields}, but the header has {expected}");
                Err(self.fault(row.line, found.min(expected + 1), message))
            }
        }
    }
}

fn parse(name: &str, text: &str) -> Outcome<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut lines = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| Failure::at(name, lines.line, 1, error.to_string()))?;
        let start = record.position().map_or(0, |position| position.byte());
        rows.push(Row {
            line: lines.line_of_row(start as usize),
            fields: record.iter().map(String::from).collect(),
        });
    }
    Ok(rows)
}

/// Lines of rows that come in order. The reader's own count stands before the empty lines that it
/// skips, hence this one.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl LineCounter<'_> {
    fn line_of_row(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        let first = start + rest.iter().position(|b| !b"\r\n".contains(b)).unwrap_or(rest.len());
        self.line += self.text[self.at..first].iter().filter(|&&b| b == b'\n').count();
        self.at = first;
        self.line
    }
}

/// Line and character, counted from one, of what follows `before`.
fn place(before: &[u8]) -> (usize, usize) {
    let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
    let column = before[start..].iter().filter(|&&b| b == b',').count() + 1;
    (line, column)
}
