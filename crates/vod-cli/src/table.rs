//! Tables for people.

use console::measure_text_width;
use std::fmt::Write as _;

/// Rows under a header. Each column is as wide as its widest cell on a terminal, where Chinese characters
/// take two places.
pub(crate) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = header.map(measure_text_width);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(measure_text_width(cell));
        }
    }
    let mut text = String::new();
    let mut line = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(line, "{cell}{:1$}", "", width - measure_text_width(cell) + 2);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(header);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn wide_characters_take_two_places() {
        let rows = [["第一课", "1"], ["ab", "22"]].map(|row| row.map(str::to_owned));
        assert_eq!(super::table(["title", "n"], &rows), "title   n\n第一课  1\nab      22");
    }
}
