//! A callback's query.

use super::{CallbackError, MAX_QUERY_FIELDS};
use crate::schema::shown::harmless;
use crate::wire::answer::Json;
use std::borrow::Cow;

/// What a `+` in a query means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A space, as in a form.
    Space,
    /// A plus: the sender put a URL into the query unencoded.
    Itself,
}

/// Names and values, decoded, in the order received.
pub(crate) struct Query<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> Query<'q> {
    pub(crate) fn parse(text: &'q str, plus: Plus) -> Result<Self, CallbackError> {
        let parts = || text.split('&').filter(|part| !part.is_empty());
        let size = parts().count();
        if size > MAX_QUERY_FIELDS {
            return Err(CallbackError::TooLarge {
                what: "query",
                unit: "fields",
                size,
                limit: MAX_QUERY_FIELDS,
            });
        }
        let mut pairs = Vec::with_capacity(size);
        for (index, part) in parts().enumerate() {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name, plus).ok_or_else(|| {
                CallbackError::malformed(
                    "query",
                    "names in UTF-8",
                    format!("another for field {}", index + 1),
                )
            })?;
            let size = value.len();
            let value = decode(value, plus).ok_or_else(|| {
                CallbackError::malformed(harmless(&name), "UTF-8", format!("{size} other bytes"))
            })?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of a field that must not come twice: otherwise the receiver could use one value while the
    /// signature covers the other.
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<&str>, CallbackError> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| &**value);
        let value = values.next();
        match values.count() {
            0 => Ok(value),
            more => Err(CallbackError::malformed(name, "one value", format!("{}", more + 1))),
        }
    }

    /// All fields except this one.
    pub(crate) fn without(self, name: &str) -> Json {
        Json::of_texts(
            self.0.iter().filter(|(known, _)| known != name).map(|(name, value)| (&**name, &**value)),
        )
    }
}

/// Decodes `%XX`; `None` if the result is not UTF-8. A `%` without two hex digits after it is kept.
fn decode(text: &str, plus: Plus) -> Option<Cow<'_, str>> {
    let space = plus == Plus::Space;
    if !text.bytes().any(|b| b == b'%' || space && b == b'+') {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        decoded.push(match (first, tail) {
            (b'+', _) if space => b' ',
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = behind;
                    high << 4 | low
                }
                _ => b'%',
            },
            _ => *first,
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn digit(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn odd_queries() {
        for (text, expected) in [
            ("", vec![]),
            ("&&", vec![]),
            ("a", vec![("a", "")]),
            ("a=1=2&=3&b=%", vec![("a", "1=2"), ("", "3"), ("b", "%")]),
            ("%E8%AF%BE=%zz%4&c=%2B+%2b", vec![("课", "%zz%4"), ("c", "+ +")]),
        ] {
            let Query(pairs) = Query::parse(text, Plus::Space).unwrap();
            assert_eq!(
                pairs.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
        assert_eq!(Query::parse("a=b+c", Plus::Itself).unwrap().get("a"), Ok(Some("b+c")));
        assert_eq!(
            Query::parse("a=1&b=2&a=1", Plus::Space).unwrap().get("a").unwrap_err().to_string(),
            "a: expected one value, got 2"
        );
        assert_eq!(
            Query::parse("a=%ff", Plus::Space).err().unwrap().to_string(),
            "a: expected UTF-8, got 3 other bytes"
        );
        assert_eq!(
            Query::parse("a=1&%ff", Plus::Space).err().unwrap().to_string(),
            "query: expected names in UTF-8, got another for field 2"
        );
    }

    proptest! {
        #[test]
        fn it_reads_what_an_ordinary_crate_writes(pairs in prop::collection::vec((".*", ".*"), 1..8)) {
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let Query(read) = Query::parse(&text, Plus::Space).unwrap();
            prop_assert_eq!(read.into_iter().map(|(name, value)| (name.into_owned(), value.into_owned())).collect::<Vec<_>>(), pairs);
        }
    }
}
