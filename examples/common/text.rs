//! Tables for people.

/// Rows under a header, columns padded; numbers look best to the right, so only the first
/// `left` columns stand to the left.
pub fn table(header: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let mut widths: Vec<usize> = header.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (width, field) in widths.iter_mut().zip(row) {
            *width = (*width).max(field.chars().count());
        }
    }
    let mut text = String::new();
    let header: Vec<String> = header.iter().map(|h| h.to_string()).collect();
    let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    for row in [&header, &rule].into_iter().chain(rows) {
        let fields: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(k, (field, &width))| {
                    if k < left {
                        format!("{field:<width$}")
                    } else {
                        format!("{field:>width$}")
                    }
                },
            )
            .collect();
        text.push_str(fields.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// So many significant digits, without an exponent where that is readable.
pub fn number(value: f64, digits: i32) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        format!("{value}")
    } else if (1e-4..1e6).contains(&size) {
        let decimals = (digits - 1 - size.log10().floor() as i32).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.*e}", (digits - 1).max(0) as usize)
    }
}

/// The same, no larger than the value, as befits a lower bound.
pub fn number_below(value: f64, digits: i32) -> String {
    number_on_side(value, digits, -1.0)
}

/// The same, no smaller than the value, as befits an upper bound.
pub fn number_above(value: f64, digits: i32) -> String {
    number_on_side(value, digits, 1.0)
}

/// `side` is the sign of what rounding may add.
fn number_on_side(value: f64, digits: i32, side: f64) -> String {
    let nearest = number(value, digits);
    let added = nearest.parse::<f64>().map_or(0.0, |rounded| rounded - value);
    if side * added < 0.0 {
        let last_digit = 10f64.powi(value.abs().log10().floor() as i32 + 1 - digits);
        number(value + side * last_digit, digits)
    } else {
        nearest
    }
}

/// "1 node", "2 nodes".
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
