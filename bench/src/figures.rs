//! Quantiles, medians, and tables for people.

use std::fmt;

/// The value that at least the fraction `q` of all values do not exceed (nearest rank); 0 where there is none. Sorts.
pub fn quantile(values: &mut [u32], q: f64) -> u32 {
    values.sort_unstable();
    let rank = (q * values.len() as f64).ceil() as usize;
    values
        .get(rank.clamp(1, values.len().max(1)) - 1)
        .copied()
        .unwrap_or(0)
}

/// p50, p99 and the greatest, of values in microseconds, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// What 99 of 100 do not exceed.
    pub p99: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of values in microseconds. Sorts.
    pub fn of(values: &mut [u32]) -> Self {
        let ms = |us: u32| f64::from(us) / 1_000.0;
        Self {
            p50: ms(quantile(values, 0.5)),
            p99: ms(quantile(values, 0.99)),
            max: ms(quantile(values, 1.0)),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} / {:.1} / {:.1}", self.p50, self.p99, self.max)
    }
}

/// The median; of an even number, the mean of the middle two. 0 where there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        len if len % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A number with as many decimals as its size deserves, thousands apart: `12,345`, `12.3`, `1.23`.
pub fn number(value: f64) -> String {
    if value.abs() < 9.995 {
        return format!("{value:.2}");
    }
    if value.abs() < 999.5 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits.as_str()), |rest| ("-", rest));
    let mut grouped = String::from(sign);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A figure that may not have been measured.
pub fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), number)
}

/// A Markdown table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        let mut table = Self::default();
        table.row(head);
        table
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (place, row) in self.rows.iter().enumerate() {
            write!(f, "|")?;
            for (column, width) in widths.iter().enumerate() {
                let cell = row.get(column).map_or("", String::as_str);
                let fill = width - cell.chars().count();
                write!(f, " {cell}{:fill$} |", "")?;
            }
            writeln!(f)?;
            if place == 0 {
                write!(f, "|")?;
                for width in &widths {
                    write!(f, "{:-<1$}|", "", width + 2)?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_nearest_rank() {
        let mut hundred: Vec<u32> = (1..=100).rev().collect();
        for (q, value) in [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)] {
            assert_eq!(quantile(&mut hundred, q), value, "{q}");
        }
        assert_eq!(quantile(&mut [7], 0.5), 7);
        assert_eq!(quantile(&mut [], 0.5), 0);
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn numbers_and_tables_for_people() {
        for (value, text) in [
            (0.0, "0.00"),
            (1.234, "1.23"),
            (9.996, "10.0"),
            (999.4, "999.4"),
            (999.6, "1,000"),
            (1_234_567.0, "1,234,567"),
            (-12_345.0, "-12,345"),
        ] {
            assert_eq!(number(value), text);
        }
        let mut table = Table::new(["a", "µs/send"]);
        table.row(["long", "1"]);
        let text = "| a    | µs/send |\n|------|---------|\n| long | 1       |\n";
        assert_eq!(table.to_string(), text);
    }
}
