//! One type for every list that comes page by page.

use crate::operation::page::Turn;
use crate::schema::field::{Field, Kind, Layout, Place, Record};
use crate::wire::answer::{FromAnswer, Mismatch, Node};

/// A page of a list.
///
/// The provider's lists differ in the counts they give, so every count is optional. Some old calls return
/// only the rows: then only [`items`](Self::items) is filled. To walk through all pages see
/// [`Paged`](crate::page::Paged).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The page, from 1.
    pub page: Option<u32>,
    /// Rows on a page.
    pub page_size: Option<u32>,
    /// Rows in total.
    pub total_items: Option<u64>,
    /// Pages in total.
    pub total_pages: Option<u32>,
    /// Whether this is the first page.
    pub is_first: Option<bool>,
    /// Whether this is the last page.
    pub is_last: Option<bool>,
    /// The next page.
    pub next_page: Option<u32>,
    /// The page before.
    pub previous_page: Option<u32>,
    /// Position of the first row in the whole list.
    pub first_row: Option<u64>,
    /// Position of the last row in the whole list.
    pub last_row: Option<u64>,
    /// Rows on this page.
    pub row_count: Option<u32>,
    /// Rows before this page.
    pub offset: Option<u64>,
    /// The rows.
    pub items: Vec<T>,
}

/// One line of the table below.
const fn row(
    name: &'static str,
    wire: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    doc: &'static str,
) -> Field {
    Field {
        name,
        wire,
        aliases,
        place: Place::Body,
        layout: Layout::Plain,
        kind,
        required: false,
        may_be_blank: true,
        rules: &[],
        doc,
    }
}

// The derive does not know generic structs; this is what it would write.
impl<T: FromAnswer> Page<T> {
    const FIELDS: &'static [Field] = &[
        row("page", "pageNumber", &["page", "pageNum"], <u32>::KIND, "The page, from 1."),
        row("page_size", "pageSize", &["numPerPage"], <u32>::KIND, "Rows on a page."),
        row("total_items", "totalItems", &["total"], <u64>::KIND, "Rows in all."),
        row("total_pages", "totalPages", &[], <u32>::KIND, "Pages in all."),
        row("is_first", "firstPage", &[], <bool>::KIND, "Whether this is the first page."),
        row("is_last", "lastPage", &[], <bool>::KIND, "Whether this is the last page."),
        row("next_page", "nextPageNumber", &[], <u32>::KIND, "The next page."),
        row("previous_page", "prePageNumber", &[], <u32>::KIND, "The page before."),
        row("first_row", "startRow", &[], <u64>::KIND, "Position of the first row in the whole list."),
        row("last_row", "endRow", &[], <u64>::KIND, "Position of the last row in the whole list."),
        row("row_count", "limit", &[], <u32>::KIND, "Rows on this page."),
        row("offset", "offset", &[], <u64>::KIND, "Rows before this page."),
        row("items", "contents", &["content"], Kind::List(&T::KIND), "The rows."),
    ];
    const RECORD: &'static Record =
        &Record { name: "Page", doc: "A page of a list.", fields: || Self::FIELDS, rows: Some("contents") };

    const fn of_rows(items: Vec<T>) -> Self {
        Self {
            page: None,
            page_size: None,
            total_items: None,
            total_pages: None,
            is_first: None,
            is_last: None,
            next_page: None,
            previous_page: None,
            first_row: None,
            last_row: None,
            row_count: None,
            offset: None,
            items,
        }
    }
}

impl<T: FromAnswer> FromAnswer for Page<T> {
    const KIND: Kind = Kind::Record(Self::RECORD);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        if node.is_list() {
            return Vec::from_answer(node).map(Self::of_rows);
        }
        let fields = Self::FIELDS;
        node.object(|object| {
            Ok(Self {
                page: object.read(&fields[0])?,
                page_size: object.read(&fields[1])?,
                total_items: object.read(&fields[2])?,
                total_pages: object.read(&fields[3])?,
                is_first: object.read(&fields[4])?,
                is_last: object.read(&fields[5])?,
                next_page: object.read(&fields[6])?,
                previous_page: object.read(&fields[7])?,
                first_row: object.read(&fields[8])?,
                last_row: object.read(&fields[9])?,
                row_count: object.read(&fields[10])?,
                offset: object.read(&fields[11])?,
                items: object.read(&fields[12])?,
            })
        })
    }
}

impl<T> Page<T> {
    /// Whether this is the last page, when it was asked for as page `asked` of `asked_size` rows.
    fn is_the_last(&self, asked: u32, asked_size: Option<u32>) -> bool {
        // An empty page ends every list, whatever the counts say.
        self.items.is_empty()
            || self.is_last.unwrap_or(false)
            || self.total_pages.is_some_and(|pages| asked >= pages)
            || self.page_size.or(asked_size).is_some_and(|size| {
                self.total_items.is_some_and(|total| u64::from(asked) * u64::from(size) >= total)
                    || self.total_items.is_none() && self.items.len() < size as usize
            })
    }

    /// Advances `page` unless this page is the last one. Called by the derive of operations that return a
    /// page.
    #[doc(hidden)]
    pub fn turn(self, page: &mut Option<u32>, page_size: Option<u32>) -> Turn<T> {
        let asked = page.unwrap_or(1);
        let more = !self.is_the_last(asked, page_size.filter(|size| *size > 0)) && asked < u32::MAX;
        if more {
            *page = Some(asked + 1);
        }
        Turn { items: self.items, more }
    }
}
