//! The tables that describe fields: what the derive fills in and everything else reads.

use std::fmt;

/// One field of a request, of an object inside one, or of an answer.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the derive fills every member; nobody else builds one")]
pub struct Field {
    /// The Rust name.
    pub name: &'static str,
    /// The name on the wire, misspelt where the provider misspells it.
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
    /// Whether a required text may be empty or only white space, and a text that is blank is sent all the
    /// same.
    pub may_be_blank: bool,
    /// Its limits.
    pub rules: &'static [Rule],
    /// Its doc comment.
    pub doc: &'static str,
}

impl Field {
    /// Whether the elements of a list are joined with commas, and so must not hold one.
    pub(crate) const fn joins_with_commas(&self) -> bool {
        match (self.layout, &self.kind) {
            (Layout::Csv, _) => true,
            (Layout::Plain, Kind::List(inner)) => self.place.in_body() && inner.record().is_none(),
            _ => false,
        }
    }
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
    /// A segment of the path, and among the other fields too: some calls sign it there.
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
    /// `a,b,c`: elements must not hold a comma.
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
    /// Nothing that is worth reading: an answer that says no more than that the operation succeeded.
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
    /// The member that a list stands for where it comes in the object's place: some calls answer the rows of
    /// a page alone.
    pub rows: Option<&'static str>,
}

impl Record {
    /// Its fields in the order of the provider's page.
    #[must_use]
    pub fn fields(&self) -> &'static [Field] {
        (self.fields)()
    }
}

/// What a value must keep to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// It must be there.
    Required,
    /// It must not be empty or only white space.
    NotBlank,
    /// At most so many Unicode scalar values.
    MaxChars(u32),
    /// At most so many bytes of UTF-8.
    MaxBytes(u32),
    /// A file of at most so many bytes.
    MaxFileBytes(u64),
    /// At least so many elements.
    MinItems(u32),
    /// At most so many elements.
    MaxItems(u32),
    /// A whole number from `min` to `max`, both included.
    Range {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// An `http://` or `https://` URL with a host and without white space or control characters.
    HttpUrl,
    /// No comma, since the provider joins the elements with commas.
    NoComma,
    /// No control characters, since the value becomes a header.
    HeaderText,
    /// Not `.` or `..`, since the value becomes a segment of the path.
    PathSegment,
    /// One of the documented values.
    OneOf(&'static Choices),
    /// JSON of this kind.
    Type(&'static str),
    /// The operation has such a field.
    Known {
        /// The nearest name that it has.
        nearest: Option<&'static str>,
    },
    /// A rule of one operation, in words.
    Other(&'static str),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("required"),
            Self::NotBlank => f.write_str("must not be blank"),
            Self::MaxChars(n) => write!(f, "at most {n} characters"),
            Self::MaxBytes(n) => write!(f, "at most {n} bytes of UTF-8"),
            Self::MaxFileBytes(n) => write!(f, "a file of at most {n} bytes"),
            Self::MinItems(n) => write!(f, "at least {n} {}", items(*n as usize)),
            Self::MaxItems(n) => write!(f, "at most {n} {}", items(*n as usize)),
            Self::Range { min, max } => write!(f, "from {min} to {max}"),
            Self::HttpUrl => f.write_str("an http or https URL"),
            Self::NoComma => f.write_str("no comma, which separates the elements"),
            Self::HeaderText => f.write_str("visible ASCII only, as it becomes a header"),
            Self::PathSegment => f.write_str("a segment of a path, neither `.` nor `..`"),
            Self::OneOf(choices) => {
                f.write_str("one of ")?;
                for (i, (value, _)) in choices.values.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    f.write_str(value)?;
                }
                Ok(())
            }
            Self::Type(kind) => write!(f, "must be {kind}"),
            Self::Known { nearest: Some(name) } => write!(f, "unknown field; did you mean `{name}`?"),
            Self::Known { nearest: None } => f.write_str("unknown field"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

pub(crate) fn items(n: usize) -> &'static str {
    if n == 1 { "item" } else { "items" }
}
