//! A table: columns that line up, or an array of objects.

use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr;

use super::{Paint, printable};

/// Columns are this far apart.
const GAP: &str = "  ";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    title: &'static str,
    key: &'static str,
    right: bool,
    /// People do not see it where there is nothing in it.
    rare: bool,
}

impl Column {
    /// Text, which begins at the left. `key` is its name in JSON.
    pub(crate) const fn text(title: &'static str, key: &'static str) -> Self {
        Self { title, key, right: false, rare: false }
    }

    /// Numbers, which end at the right.
    pub(crate) const fn number(title: &'static str, key: &'static str) -> Self {
        Self { title, key, right: true, rare: false }
    }

    /// Text that there is seldom, as about trouble: people are spared the column while it is empty.
    pub(crate) const fn rare_text(title: &'static str, key: &'static str) -> Self {
        Self { rare: true, ..Self::text(title, key) }
    }

    /// Something to look at, which programs need not know of.
    pub(crate) const fn picture(title: &'static str) -> Self {
        Self { title, key: "", right: false, rare: false }
    }
}

/// What stands in a row and a column.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    value: Value,
    paint: Option<Paint>,
}

impl Cell {
    /// Text for people, whose control characters are written out, and another value for programs.
    pub(crate) fn new(text: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { text: printable(&text.into()), value: value.into(), paint: None }
    }

    /// Nothing to tell.
    pub(crate) fn none() -> Self {
        Self::new("-", Value::Null)
    }

    fn is_none(&self) -> bool {
        self.text == "-"
    }

    /// In this colour.
    pub(crate) fn paint(mut self, paint: Paint) -> Self {
        self.paint = Some(paint);
        self
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text.clone(), text)
    }
}

macro_rules! from_number {
    ($($number:ty),*) => {$(
        impl From<$number> for Cell {
            fn from(number: $number) -> Self {
                Self::new(number.to_string(), number)
            }
        }
    )*};
}

from_number!(i16, i32, i64, u64, usize);

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::none, Into::into)
    }
}

/// Rows under titles.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let cells = cells.into();
        assert_eq!(cells.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(cells);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows as an array of objects.
    pub(crate) fn to_json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let named = self.columns.iter().zip(row).filter(|(column, _)| !column.key.is_empty());
            named.map(|(column, cell)| (column.key.to_owned(), cell.value.clone())).collect::<Map<_, _>>()
        };
        self.rows.iter().map(|row| Value::Object(object(row))).collect()
    }

    /// Lines of text, each with its end; nothing at all if there are no rows.
    pub(crate) fn render(&self, paints: bool) -> String {
        if self.is_empty() {
            return String::new();
        }
        self.without_empty_columns().render_all(paints)
    }

    fn without_empty_columns(&self) -> Self {
        let is_empty = |index: usize| self.rows.iter().filter_map(|row| row.get(index)).all(Cell::is_none);
        let columns = self.columns.iter().enumerate();
        let shown: Vec<bool> = columns.map(|(index, column)| !column.rare || !is_empty(index)).collect();
        let cells = |row: &Vec<Cell>| pick(row, &shown);
        Self { columns: pick(&self.columns, &shown), rows: self.rows.iter().map(cells).collect() }
    }

    fn render_all(&self, paints: bool) -> String {
        let widths = self.widths();
        let titles: Vec<Cell> = self.columns.iter().map(|column| Cell::from(column.title).paint(Paint::Bold)).collect();
        let rows = std::iter::once(&titles).chain(&self.rows);
        rows.map(|row| self.render_row(row, &widths, paints) + "\n").collect()
    }

    fn widths(&self) -> Vec<usize> {
        let widest =
            |index: usize| self.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.text.width()).max();
        let columns = self.columns.iter().enumerate();
        columns.map(|(index, column)| column.title.width().max(widest(index).unwrap_or(0))).collect()
    }

    fn render_row(&self, row: &[Cell], widths: &[usize], paints: bool) -> String {
        let mut line = String::new();
        // Blanks are written before the next cell that is not empty, so that no line ends in them.
        let mut blanks = 0;
        for ((column, cell), width) in self.columns.iter().zip(row).zip(widths) {
            let missing = width - cell.text.width().min(*width);
            let (before, after) = if column.right { (missing, 0) } else { (0, missing) };
            if !cell.text.is_empty() {
                line += &" ".repeat(blanks + before);
                line += &cell.paint.map_or_else(|| cell.text.clone(), |paint| paint.when(paints, &cell.text));
                blanks = 0;
            } else {
                blanks += before;
            }
            blanks += after + GAP.len();
        }
        line
    }
}

fn pick<T: Clone>(items: &[T], picked: &[bool]) -> Vec<T> {
    items.iter().zip(picked).filter(|(_, picked)| **picked).map(|(item, _)| item.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table() -> Table {
        let mut table = Table::new([Column::text("TOPIC", "topic"), Column::number("LAG", "lag"), Column::picture("")]);
        table.row([Cell::from("orders"), Cell::from(7), Cell::from("#")]);
        table.row([Cell::from("é"), Cell::from(1234).paint(Paint::Red), Cell::from("")]);
        table
    }

    #[test]
    fn columns_line_up_and_no_line_ends_in_blanks() {
        assert_eq!(table().render(false), "TOPIC    LAG\norders     7  #\né       1234\n");
    }

    #[test]
    fn colour_does_not_move_columns() {
        let plain = |text: &str| {
            ["\x1b[1m", "\x1b[31m", "\x1b[0m"].iter().fold(text.to_owned(), |text, code| text.replace(code, ""))
        };
        let painted = table().render(true);
        assert!(painted.contains("\x1b[31m1234\x1b[0m"));
        assert_eq!(plain(&painted), table().render(false));
    }

    #[test]
    fn json_has_an_object_per_row_without_pictures() {
        assert_eq!(table().to_json(), json!([{"topic": "orders", "lag": 7}, {"topic": "é", "lag": 1234}]));
    }

    #[test]
    fn what_is_not_known_is_null() {
        let mut table = Table::new([Column::number("N", "n")]);
        table.row([Cell::from(None::<i64>)]);
        assert_eq!((table.render(false), table.to_json()), ("N\n-\n".to_owned(), json!([{"n": null}])));
    }

    #[test]
    fn a_column_for_trouble_is_seen_when_there_is_some() {
        let table = |trouble: Option<&str>| {
            let mut table = Table::new([Column::number("N", "n"), Column::rare_text("TROUBLE", "trouble")]);
            table.row([7.into(), trouble.into()]);
            table
        };
        assert_eq!(table(None).render(false), "N\n7\n");
        assert_eq!(table(Some("late")).render(false), "N  TROUBLE\n7  late\n");
        assert_eq!(table(None).to_json(), json!([{"n": 7, "trouble": null}]), "programs always");
    }
}
