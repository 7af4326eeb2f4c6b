//! The tables that describe fields: filled in by the derive, read by everything else.

pub use super::rule::{Form, Rule};

/// One field of a request, of an object inside one, or of an answer.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive fills every member; nobody else builds one")]
pub struct Field {
    /// The Rust name.
    pub name: &'static str,
    /// The wire name, misspelt where the provider misspells it.
    pub wire: &'static str,
    /// Other wire names under which an answer may carry it.
    pub aliases: &'static [&'static str],
    /// Where it goes in the request.
    pub place: Place,
    /// How a list is written.
    pub layout: Layout,
    /// What it is.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// Whether a required text may be empty or only white space, and is sent even if it is.
    pub may_be_blank: bool,
    /// Its limits, and its rules beside other fields.
    pub rules: &'static [Rule],
    /// Its doc comment.
    pub doc: &'static str,
}

impl Field {
    /// Whether the elements of a list are joined with commas, and so must not contain one.
    pub(crate) const fn joins_with_commas(&self) -> bool {
        match (self.layout, &self.kind) {
            (Layout::Csv, _) => true,
            (Layout::Plain, Kind::List(inner)) => self.place.in_body() && inner.record().is_none(),
            _ => false,
        }
    }
}

/// Stops the build where a rule names a field that is not beside it; the derives call it in a constant.
///
/// ```compile_fail
/// /// Some days.
/// #[derive(vod_core::Record)]
/// pub struct Days {
///     /// The first one.
///     pub first: vod_core::Date,
///     /// The last one.
///     #[field(after = "start")]
///     pub last: vod_core::Date,
/// }
/// ```
///
/// # Panics
/// Where there is no such field.
pub const fn assert_rules(fields: &[Field]) {
    let mut i = 0;
    while i < fields.len() {
        let mut j = 0;
        while j < fields[i].rules.len() {
            match &fields[i].rules[j] {
                Rule::After { field }
                | Rule::SecondsAfter { field, .. }
                | Rule::DaysAfter { field, .. }
                | Rule::YearAfter { field }
                | Rule::CountOf { field }
                | Rule::Together { field }
                | Rule::OnlyWith { field, .. }
                | Rule::When { field, .. } => assert_named(fields, field),
                Rule::NotWith { fields: others } => assert_all_named(fields, others),
                Rule::Instead { of } => {
                    let mut k = 0;
                    while k < of.len() {
                        assert_all_named(fields, of[k]);
                        k += 1;
                    }
                }
                _ => {}
            }
            j += 1;
        }
        i += 1;
    }
}

const fn assert_all_named(fields: &[Field], names: &[&str]) {
    let mut i = 0;
    while i < names.len() {
        assert_named(fields, names[i]);
        i += 1;
    }
}

const fn assert_named(fields: &[Field], name: &str) {
    let mut i = 0;
    while i < fields.len() {
        if same(fields[i].wire, name) {
            return;
        }
        i += 1;
    }
    panic!("a rule names a field that is not there");
}

pub(crate) const fn same(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

pub(crate) const fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

impl Place {
    /// Whether it is a segment of the path.
    #[must_use]
    pub const fn in_path(self) -> bool {
        matches!(self, Self::Path | Self::PathAndBody)
    }

    /// Whether the operation's [`Encoding`](crate::schema::info::Encoding) carries it.
    #[must_use]
    pub const fn in_body(self) -> bool {
        matches!(self, Self::PathAndBody | Self::Body)
    }
}

/// Where a field goes in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A segment of the path, percent-encoded.
    Path,
    /// A request header.
    Header,
    /// A segment of the path, and also among the other fields, where some calls sign it.
    PathAndBody,
    /// Where the operation's [`Encoding`](crate::schema::info::Encoding) puts fields: query, form or JSON
    /// body.
    Body,
}

/// How a list or an object is written where fields are text (query, form).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// Scalars as text; lists of scalars as [`Layout::Csv`], lists of objects as [`Layout::Json`].
    Plain,
    /// `a,b,c`: elements must not contain a comma.
    Csv,
    /// JSON text.
    Json,
    /// One field for each element, the wire name's `N` replaced by 1, 2, ….
    Indexed,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// Text of an answer that gives access to something, such as a token.
    Secret,
    /// A whole number.
    Integer,
    /// A number that may have a fraction.
    Number,
    /// Yes or no.
    Boolean(BooleanForm),
    /// An instant or a day.
    Time(TimeForm),
    /// One of documented values.
    Choice(&'static Choices),
    /// A list.
    List(&'static Kind),
    /// An object.
    Record(&'static Record),
    /// Any JSON.
    Json,
    /// Nothing to read: an answer that says only that the operation succeeded.
    Nothing,
    /// A file: bytes that are no JSON.
    File,
}

impl Kind {
    /// The documented values, of a choice or of a list of choices.
    #[must_use]
    pub const fn choices(&self) -> Option<&'static Choices> {
        match self {
            Self::Choice(choices) => Some(choices),
            Self::List(inner) => inner.choices(),
            _ => None,
        }
    }

    /// Whether an answer of this kind may hold a [`Secret`](Self::Secret). Looks a few objects deep, since an
    /// object may hold objects of its own kind.
    pub(crate) fn holds_secret(&self) -> bool {
        fn within(kind: &Kind, depth: u8) -> bool {
            match kind {
                Kind::Secret => true,
                Kind::List(inner) => within(inner, depth),
                Kind::Record(record) => {
                    depth > 0 && record.fields().iter().any(|field| within(&field.kind, depth - 1))
                }
                _ => false,
            }
        }
        within(self, 4)
    }

    /// The object's table, of an object or of a list of objects.
    #[must_use]
    pub const fn record(&self) -> Option<&'static Record> {
        match self {
            Self::Record(record) => Some(record),
            Self::List(inner) => inner.record(),
            _ => None,
        }
    }
}

/// How yes and no are spelt on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BooleanForm {
    /// `true`, `false`.
    TrueFalse,
    /// `1`, `0`.
    ZeroOne,
    /// `Y`, `N`.
    YesNo,
}

impl BooleanForm {
    /// The wire's word.
    #[must_use]
    pub const fn text(self, value: bool) -> &'static str {
        match (self, value) {
            (Self::TrueFalse, true) => "true",
            (Self::TrueFalse, false) => "false",
            (Self::ZeroOne, true) => "1",
            (Self::ZeroOne, false) => "0",
            (Self::YesNo, true) => "Y",
            (Self::YesNo, false) => "N",
        }
    }
}

/// How an instant is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeForm {
    /// Milliseconds since 1970, a number.
    Millis,
    /// `2026-11-22 08:00:00` in Beijing time.
    Beijing,
    /// RFC 3339 in UTC with whole seconds: `2022-05-20T08:19:42Z`.
    Rfc3339,
    /// `01:02:03`, a time of day or a place in a video.
    Clock,
    /// A day, `2026-11-22`, in Beijing time where the provider means an instant.
    Day,
}

/// The values of an enum.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the derive fills every member; nobody else builds one")]
pub struct Choices {
    /// The enum's name.
    pub name: &'static str,
    /// Whether they are numbers in JSON.
    pub numeric: bool,
    /// Whether values beside the listed ones are allowed.
    pub open: bool,
    /// Wire value and doc comment.
    pub values: &'static [(&'static str, &'static str)],
}

/// An object inside a request or an answer.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive fills every member; nobody else builds one")]
pub struct Record {
    /// The struct's name.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// Its fields in the order of the provider's page. By a function, since an object may hold objects of its
    /// own kind: a category those below it.
    pub fields: fn() -> &'static [Field],
    /// The member that a list in the object's place is read as: some calls answer only the rows of a page.
    pub rows: Option<&'static str>,
}

impl Record {
    /// Its fields in the order of the provider's page.
    #[must_use]
    pub fn fields(&self) -> &'static [Field] {
        (self.fields)()
    }
}
