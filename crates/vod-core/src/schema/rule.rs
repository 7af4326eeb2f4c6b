//! What a value must keep to, alone and beside other fields.

use super::field::Choices;
use super::shown::counted;
use std::fmt;

/// A limit or rule on a value.
///
/// Rules across fields stand with the field that is wrong when they are broken, and name the other ones by
/// their wire names. `Display` is what help and catalogue say: `at most 100 characters`,
/// `no earlier than start`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// It must be there.
    Required,
    /// It must not be empty or only white space.
    NotBlank,
    /// At most this number of Unicode scalar values.
    MaxChars(u32),
    /// At most this number of bytes of UTF-8.
    MaxBytes(u32),
    /// A file of at most so many bytes.
    MaxFileBytes(u64),
    /// At least this number of elements.
    MinItems(u32),
    /// At most this number of elements.
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
    /// One of some of the documented values.
    Only(&'static [&'static str]),
    /// Text of a certain form. A blank text, which is not sent, has none.
    Form(&'static Form),
    /// A file whose name ends in one of these extensions, in any case.
    FileType(&'static [&'static str]),
    /// No earlier, or no less, than another field.
    After {
        /// The other field.
        field: &'static str,
    },
    /// At least so many seconds after another field, both given in seconds.
    SecondsAfter {
        /// The other field.
        field: &'static str,
        /// The least distance.
        least: u32,
    },
    /// A time at most so many days after another field's.
    DaysAfter {
        /// The other field.
        field: &'static str,
        /// The greatest distance.
        most: u32,
    },
    /// A day no later than the same day of the year after another field's.
    YearAfter {
        /// The other field.
        field: &'static str,
    },
    /// As many elements as another list has.
    CountOf {
        /// The other list.
        field: &'static str,
    },
    /// Required when another field is given.
    Together {
        /// The other field.
        field: &'static str,
    },
    /// Required unless something else is given in its place.
    Instead {
        /// What else would do: groups of fields of which each belongs together.
        of: &'static [&'static [&'static str]],
    },
    /// Not allowed when one of some other fields is given.
    NotWith {
        /// The other fields.
        fields: &'static [&'static str],
    },
    /// Allowed only with some of the documented values of another field. A flag that is off is always
    /// allowed.
    OnlyWith {
        /// The other field.
        field: &'static str,
        /// Its values.
        values: &'static [&'static str],
    },
    /// A rule that holds only with some values of another field.
    When {
        /// The other field.
        field: &'static str,
        /// Its values.
        values: &'static [&'static str],
        /// Whether the rule holds where the other field is absent, too.
        or_absent: bool,
        /// The rule.
        rule: &'static Rule,
    },
    /// JSON of this kind.
    Type(&'static str),
    /// The operation has such a field.
    Known {
        /// The nearest name that it has.
        nearest: Option<&'static str>,
    },
    /// Not given, since the client fills it in.
    FilledIn,
    /// One column of a list, or member of an object in it, for a field.
    Column {
        /// Whether there are several that fit, so that one must be chosen.
        several: bool,
    },
    /// Text in UTF-8.
    Utf8 {
        /// Whether what came instead is good GBK, as many a spreadsheet writes it.
        is_gbk: bool,
    },
    /// A file as it was when its upload began, or when it was uploaded.
    Unchanged {
        /// Whether it was uploaded as a whole.
        uploaded: bool,
    },
    /// Something with which this process can do this: `read`, `write`, `listen on`.
    Can(&'static str),
    /// A rule of one operation, in words that read after “expected”.
    Other(&'static str),
}

/// A form of text, for a [`Rule::Form`].
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "tables of them are written out in the areas' files")]
pub struct Form {
    /// What it is, in words that read after “expected”: `a day written YYYYMMDD`.
    pub words: &'static str,
    /// A regular expression that every text of the form matches, for other languages' checks.
    pub pattern: &'static str,
    /// Whether a text is of the form.
    pub holds: fn(&str) -> bool,
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        (self.words, self.pattern) == (other.words, other.pattern)
    }
}

impl Eq for Form {}

impl Rule {
    /// Whether it names other fields.
    pub(crate) const fn is_across(&self) -> bool {
        matches!(
            self,
            Self::After { .. }
                | Self::SecondsAfter { .. }
                | Self::DaysAfter { .. }
                | Self::YearAfter { .. }
                | Self::CountOf { .. }
                | Self::Together { .. }
                | Self::Instead { .. }
                | Self::NotWith { .. }
                | Self::OnlyWith { .. }
                | Self::When { .. }
        )
    }

    /// What to do about a broken rule, where more can be said than that.
    pub(crate) const fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Column { several: true } => Some("choose the one that is meant"),
            Self::Unchanged { uploaded: true } => Some("restart to upload it as it is now"),
            Self::Unchanged { uploaded: false } => {
                Some("restart to upload it as it is now, or abort the old upload")
            }
            _ => None,
        }
    }

    /// What was expected, as a violation says it; `beside` is the value of the other field.
    pub(crate) fn expected(&self, f: &mut fmt::Formatter<'_>, beside: Option<&str>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("a value"),
            Self::Instead { of } => {
                f.write_str("this")?;
                of.iter().try_for_each(|group| write!(f, ", or {}", group.join(" with ")))
            }
            Self::Together { field } => write!(f, "a value together with {field}"),
            Self::When { field, values, or_absent, rule } => {
                rule.expected(f, None)?;
                conditions(f, field, values, *or_absent)
            }
            _ => {
                write!(f, "{self}")?;
                beside.map_or(Ok(()), |beside| write!(f, " ({beside})"))
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("required"),
            Self::NotBlank => f.write_str("more than white space"),
            Self::MaxChars(n) => write!(f, "at most {}", counted(*n as usize, "character")),
            Self::MaxBytes(n) => write!(f, "at most {} of UTF-8", counted(*n as usize, "byte")),
            Self::MaxFileBytes(n) => write!(f, "a file of at most {n} bytes"),
            Self::MinItems(n) => write!(f, "at least {}", counted(*n as usize, "item")),
            Self::MaxItems(n) => write!(f, "at most {}", counted(*n as usize, "item")),
            Self::Range { min, max } => write!(f, "{min} to {max}"),
            Self::HttpUrl => f.write_str("an http or https URL"),
            Self::NoComma => f.write_str("no comma (it separates list elements)"),
            Self::HeaderText => f.write_str("visible ASCII (it becomes a header)"),
            Self::PathSegment => {
                f.write_str("something other than `.` and `..` (it becomes part of the path)")
            }
            Self::OneOf(choices) => one_of(f, choices.values.iter().map(|(value, _)| *value)),
            Self::Only(values) => one_of(f, values.iter().copied()),
            Self::Form(form) => f.write_str(form.words),
            Self::FileType(types) => {
                f.write_str("a file named ")?;
                one_of(f, types.iter().map(|extension| format!(".{extension}")))
            }
            Self::After { field } => write!(f, "no earlier than {field}"),
            Self::SecondsAfter { field, least } => {
                write!(f, "at least {} after {field}", counted(*least as usize, "second"))
            }
            Self::DaysAfter { field, most } => {
                write!(f, "at most {} after {field}", counted(*most as usize, "day"))
            }
            Self::YearAfter { field } => write!(f, "at most one year after {field}"),
            Self::CountOf { field } => write!(f, "as many as {field}"),
            Self::Together { field } => write!(f, "required together with {field}"),
            Self::Instead { of } => {
                f.write_str("required unless ")?;
                one_of(f, of.iter().map(|group| group.join(" with ")))?;
                f.write_str(" is given")
            }
            Self::NotWith { fields } => {
                f.write_str("not allowed together with ")?;
                one_of(f, fields.iter().copied())
            }
            Self::OnlyWith { field, values } => {
                f.write_str("only")?;
                conditions(f, field, values, false)
            }
            Self::When { field, values, or_absent, rule } => {
                write!(f, "{rule}")?;
                conditions(f, field, values, *or_absent)
            }
            Self::Type(kind) => f.write_str(kind),
            Self::Known { nearest: Some(name) } => write!(f, "unknown field; did you mean `{name}`?"),
            Self::Known { nearest: None } => f.write_str("unknown field"),
            Self::FilledIn => f.write_str("not a field to give: it is filled in"),
            Self::Column { several: false } => f.write_str("a column for it in the header"),
            Self::Column { several: true } => f.write_str("one column for it"),
            Self::Utf8 { .. } => f.write_str("UTF-8"),
            Self::Unchanged { uploaded: true } => f.write_str("the file as it was when it was uploaded"),
            Self::Unchanged { uploaded: false } => f.write_str("the file as it was when its upload began"),
            Self::Can(act) => write!(f, "something that this process can {act}"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// `1, 2 or 3`.
fn one_of(
    f: &mut fmt::Formatter<'_>,
    values: impl ExactSizeIterator<Item = impl fmt::Display>,
) -> fmt::Result {
    let last = values.len().saturating_sub(1);
    for (i, value) in values.enumerate() {
        let before = match i {
            0 => "",
            i if i == last => " or ",
            _ => ", ",
        };
        write!(f, "{before}{value}")?;
    }
    Ok(())
}

/// ` with location 1 or 3`.
fn conditions(
    f: &mut fmt::Formatter<'_>,
    field: &str,
    values: &'static [&'static str],
    or_absent: bool,
) -> fmt::Result {
    write!(f, " with {field} ")?;
    one_of(f, values.iter().copied())?;
    f.write_str(if or_absent { " or without it" } else { "" })
}
