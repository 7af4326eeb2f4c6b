//! An answer's JSON, parsed into two buffers: one for its texts, one for its values. A tree of
//! `serde_json::Value` allocates for each text, list and object, which is most of the cost of reading small
//! answers.

use crate::schema::shown::Given;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value};
use std::collections::BTreeSet;
use std::fmt;

/// Raw JSON: the data of an answer, for callers who need more than the output has. It may contain a secret (a
/// presigned URL, a play token), so `Debug` shows only its kind.
///
/// ```
/// use vod_core::answer::Json;
/// let json = Json::parse(r#"{ "vid": "d41c0b6f2a77c1_d", "vid": "d41c0b6f2a77c1_e" }"#)?;
/// assert_eq!(json.to_value(), serde_json::json!({ "vid": "d41c0b6f2a77c1_e" }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Json {
    /// The parsed text, then the texts and names that had to be unescaped, one after the other.
    texts: String,
    /// All values in the order of the text; the contents of a list or an object follow it. A member is its
    /// name and then its value.
    items: Vec<Item>,
    /// Index of the item at which this value starts.
    root: usize,
}

#[derive(Clone)]
enum Item {
    Null,
    Bool(bool),
    Number(Number),
    /// A range of the texts.
    Text {
        start: usize,
        end: usize,
    },
    /// `end` is the index after the last item inside.
    Array {
        len: usize,
        end: usize,
    },
    Object {
        len: usize,
        end: usize,
    },
}

impl Json {
    /// Parses JSON. Of two members with one name the last one is used.
    ///
    /// # Errors
    /// Those of `serde_json`: bad syntax, numbers out of range, more than 127 nested lists and objects.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        // Most texts need no unescaping, so one copy of the whole is cheaper than a copy of each. Eight bytes
        // per value is usual; a hostile length must not decide.
        let mut json = Self {
            texts: text.to_owned(),
            items: Vec::with_capacity((text.len() / 8).min(1 << 12)),
            root: 0,
        };
        let mut parser = serde_json::Deserializer::from_str(text);
        Fill(&mut json, text).deserialize(&mut parser)?;
        parser.end()?;
        Ok(json)
    }

    /// An object of texts.
    pub(crate) fn of_texts<'t>(members: impl Iterator<Item = (&'t str, &'t str)> + Clone) -> Self {
        let (len, bytes) = members
            .clone()
            .fold((0, 0), |(len, bytes), (name, value)| (len + 1, bytes + name.len() + value.len()));
        let mut json =
            Self { texts: String::with_capacity(bytes), items: Vec::with_capacity(2 * len + 1), root: 0 };
        json.items.push(Item::Object { len, end: 2 * len + 1 });
        for text in members.flat_map(|(name, value)| [name, value]) {
            let start = json.texts.len();
            json.texts.push_str(text);
            json.items.push(Item::Text { start, end: json.texts.len() });
        }
        json
    }

    /// The same as a tree, easier to walk and change.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.view().to_value()
    }

    pub(crate) fn null() -> Self {
        Self { texts: String::new(), items: vec![Item::Null], root: 0 }
    }

    pub(crate) fn empty_object() -> Self {
        Self { texts: String::new(), items: vec![Item::Object { len: 0, end: 1 }], root: 0 }
    }

    pub(crate) const fn view(&self) -> View<'_> {
        View { json: self, at: self.root }
    }

    /// The value of this member; null where there is none.
    pub(crate) fn into_member(mut self, name: &str) -> Self {
        match self.view().member(name) {
            Some(view) => {
                self.root = view.at;
                self
            }
            None => Self::null(),
        }
    }

    #[inline]
    fn is_text(&self, at: usize, text: &str) -> bool {
        // Most names differ in length already.
        matches!(self.items[at], Item::Text { start, end } if end - start == text.len() && self.texts.as_bytes()[start..end] == *text.as_bytes())
    }

    #[inline]
    fn after(&self, at: usize) -> usize {
        match self.items[at] {
            Item::Array { end, .. } | Item::Object { end, .. } => end,
            Item::Null | Item::Bool(_) | Item::Number(_) | Item::Text { .. } => at + 1,
        }
    }
}

/// For display: of two members with one name both are written.
impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape() {
            Shape::Null => serializer.serialize_unit(),
            Shape::Bool(b) => serializer.serialize_bool(b),
            Shape::Number(n) => n.serialize(serializer),
            Shape::Text(text) => serializer.serialize_str(text),
            Shape::Array(items) => serializer.collect_seq(items),
            Shape::Object(members) => serializer.collect_map(members),
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.view().given().kind())
    }
}

/// One value of a [`Json`].
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    json: &'a Json,
    at: usize,
}

/// A value to match on.
pub(crate) enum Shape<'a> {
    Null,
    Bool(bool),
    Number(&'a Number),
    Text(&'a str),
    Array(Items<'a>),
    Object(Members<'a>),
}

// What is `#[inline]` here is a few instructions for each field of an answer. Without it a callback's event
// takes a fifth longer to read.
impl<'a> View<'a> {
    #[inline]
    pub(crate) fn shape(self) -> Shape<'a> {
        match self.json.items[self.at] {
            Item::Null => Shape::Null,
            Item::Bool(b) => Shape::Bool(b),
            Item::Number(ref n) => Shape::Number(n),
            Item::Text { start, end } => Shape::Text(&self.json.texts[start..end]),
            Item::Array { len, .. } => {
                Shape::Array(Items { left: len, next: View { json: self.json, at: self.at + 1 } })
            }
            Item::Object { len, .. } => {
                Shape::Object(Members { left: len, next: View { json: self.json, at: self.at + 1 } })
            }
        }
    }

    #[inline]
    pub(crate) fn is_null(self) -> bool {
        matches!(self.shape(), Shape::Null)
    }

    #[inline]
    pub(crate) fn text(self) -> Option<&'a str> {
        match self.shape() {
            Shape::Text(text) => Some(text),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn members(self) -> Option<Members<'a>> {
        match self.shape() {
            Shape::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The value of an object's member.
    #[inline]
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        self.members()?.get(name)
    }

    pub(crate) fn to_value(self) -> Value {
        match self.shape() {
            Shape::Null => Value::Null,
            Shape::Bool(b) => Value::Bool(b),
            Shape::Number(n) => Value::Number(n.clone()),
            Shape::Text(text) => Value::String(text.to_owned()),
            Shape::Array(items) => Value::Array(items.map(View::to_value).collect()),
            Shape::Object(members) => {
                Value::Object(members.map(|(name, value)| (name.to_owned(), value.to_value())).collect())
            }
        }
    }

    /// What it is, for an error to name.
    pub(crate) fn given(self) -> Given {
        match self.shape() {
            Shape::Null => Given::Null,
            Shape::Bool(value) => Given::Boolean(value),
            Shape::Number(number) => Given::Number(number.to_string()),
            Shape::Text(text) => Given::text(text),
            Shape::Array(items) => Given::List(items.len()),
            Shape::Object(members) => Given::Object(members.count_names()),
        }
    }

    #[inline]
    fn following(self) -> Self {
        Self { json: self.json, at: self.json.after(self.at) }
    }
}

/// The elements of a list.
#[derive(Clone, Copy)]
pub(crate) struct Items<'a> {
    left: usize,
    next: View<'a>,
}

impl<'a> Iterator for Items<'a> {
    type Item = View<'a>;

    #[inline]
    fn next(&mut self) -> Option<View<'a>> {
        self.left = self.left.checked_sub(1)?;
        let view = self.next;
        self.next = view.following();
        Some(view)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The members of an object in their order.
#[derive(Clone, Copy)]
pub(crate) struct Members<'a> {
    left: usize,
    next: View<'a>,
}

impl<'a> Members<'a> {
    /// The last member of this name. A linear search: an output has a fixed number of fields, so reading
    /// stays linear in the answer's size.
    pub(crate) fn get(self, name: &str) -> Option<View<'a>> {
        let Self { left, next: View { json, mut at } } = self;
        let mut found = None;
        for _ in 0..left {
            if json.is_text(at, name) {
                found = Some(View { json, at: at + 1 });
            }
            at = json.after(at + 1);
        }
        found
    }

    /// How many members have a name of their own.
    pub(crate) fn count_names(self) -> usize {
        self.map(|(name, _)| name).collect::<BTreeSet<_>>().len()
    }
}

/// Objects with more members than this have no index.
const ROOM: usize = 32;

/// An object's members, indexed for many lookups: most of an output's fields and of their other names are not
/// in an answer, and comparing each of them with each member takes longer than parsing the answer.
pub(crate) struct Index<'a> {
    members: Members<'a>,
    /// The look of each name: a hash of one byte. Only the first `members.left` are set.
    looks: [u8; ROOM],
    /// The item of each name.
    places: [usize; ROOM],
}

impl<'a> Index<'a> {
    pub(crate) fn new(members: Members<'a>) -> Self {
        let (mut looks, mut places) = ([0; ROOM], [0; ROOM]);
        let Members { left, next: View { json, mut at } } = members;
        if left <= ROOM {
            for (look, place) in looks.iter_mut().zip(&mut places).take(left) {
                if let Item::Text { start, end } = json.items[at] {
                    *look = Self::look(&json.texts.as_bytes()[start..end]);
                }
                *place = at;
                at = json.after(at + 1);
            }
        }
        Self { members, looks, places }
    }

    /// The last member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<View<'a>> {
        let Members { left, next: View { json, .. } } = self.members;
        if left > ROOM {
            return self.members.get(name);
        }
        let look = Self::look(name.as_bytes());
        let mut members = self.looks.iter().zip(&self.places).take(left).rev();
        members
            .find(|(of, at)| **of == look && json.is_text(**at, name))
            .map(|(_, at)| View { json, at: at + 1 })
    }

    /// From length, first and last byte, in which the names of one object differ most.
    #[inline]
    const fn look(name: &[u8]) -> u8 {
        match name {
            [] => 0,
            [only] => *only,
            [first, .., last] => {
                (name.len() as u8).wrapping_add(first.wrapping_mul(5)).wrapping_add(last.wrapping_mul(11))
            }
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, View<'a>);

    #[inline]
    fn next(&mut self) -> Option<(&'a str, View<'a>)> {
        self.left = self.left.checked_sub(1)?;
        let name = self.next;
        let value = View { at: name.at + 1, ..name };
        self.next = value.following();
        Some((name.text().unwrap_or_default(), value))
    }
}

/// Appends the value deserialised from this text.
struct Fill<'j, 't>(&'j mut Json, &'t str);

impl Fill<'_, '_> {
    #[inline]
    fn number<E>(self, n: impl Into<Number>) -> Result<(), E> {
        self.0.items.push(Item::Number(n.into()));
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Fill<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fill<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.0.items.push(Item::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<(), E> {
        self.0.items.push(Item::Bool(b));
        Ok(())
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<(), E> {
        self.number(n)
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<(), E> {
        self.number(n)
    }

    fn visit_f64<E: Error>(self, n: f64) -> Result<(), E> {
        self.0.items.push(Number::from_f64(n).map_or(Item::Null, Item::Number));
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let start = self.0.texts.len();
        self.0.texts.push_str(text);
        self.0.items.push(Item::Text { start, end: self.0.texts.len() });
        Ok(())
    }

    /// A part of the parsed text, of which there is a copy: only its position is needed.
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<(), E> {
        let start = text.as_ptr().addr().wrapping_sub(self.1.as_ptr().addr());
        let end = start.wrapping_add(text.len());
        debug_assert_eq!(self.1.get(start..end), Some(text));
        self.0.items.push(Item::Text { start, end });
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(json, text) = self;
        let at = json.items.len();
        json.items.push(Item::Null);
        let mut len = 0;
        while list.next_element_seed(Fill(json, text))?.is_some() {
            len += 1;
        }
        json.items[at] = Item::Array { len, end: json.items.len() };
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self(json, text) = self;
        let at = json.items.len();
        json.items.push(Item::Null);
        let mut len = 0;
        while object.next_key_seed(Fill(json, text))?.is_some() {
            object.next_value_seed(Fill(json, text))?;
            len += 1;
        }
        json.items[at] = Item::Object { len, end: json.items.len() };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn it_is_small() {
        assert_eq!(size_of::<Item>(), 24);
    }

    #[test]
    fn parts() {
        let json =
            Json::parse(r#" {"a":[1,[2,{}],"x"],"b":{"c":null},"a":[{"d":"\u4e00\n"},-1.5,true]} "#).unwrap();
        assert_eq!(
            json.view().member("a").map(View::to_value),
            Some(json!([{ "d": "一\n" }, -1.5, true])),
            "the last counts"
        );
        assert_eq!(json.view().member("b").and_then(|b| b.member("c")).map(View::is_null), Some(true));
        assert!(
            json.view().member("c").is_none()
                && json.view().member("b").and_then(|b| b.member("a")).is_none()
        );
        assert_eq!(format!("{json:?}"), "an object of 2 members");
        assert_eq!(json.clone().into_member("b").to_value(), json!({ "c": null }));
        assert_eq!(json.into_member("c").to_value(), Value::Null);
        assert_eq!(Json::empty_object().to_value(), json!({}));
        assert_eq!(
            Json::of_texts([("a", "1"), ("", "课"), ("a", "")].into_iter()).to_value(),
            json!({ "a": "", "": "课" })
        );
    }

    #[test]
    fn an_index_finds_what_a_search_finds() {
        for count in [0, 1, 2, 31, 32, 33, 100] {
            // Names of the same look, and with enough members each of them more than once.
            let name = |i: usize| format!("a{}b{}", i % 7, "x".repeat(i % 5));
            let members: Vec<String> = (0..count).map(|i| format!("\"{}\":[{i},{{}}]", name(i))).collect();
            let json = Json::parse(&format!("{{{}}}", members.join(","))).unwrap();
            let members = json.view().members().unwrap();
            let index = Index::new(members);
            for name in (0..40).map(name).chain(["".to_owned(), "a".to_owned(), "课".to_owned()]) {
                let (found, searched) = (index.get(&name), members.get(&name));
                assert_eq!(found.map(View::to_value), searched.map(View::to_value), "{count} {name}");
            }
        }
    }

    /// JSON, and texts close to JSON.
    fn texts() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"a\"",
            "\"b\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"课\"",
            "\"\\",
            "0",
            "-1",
            "1.50",
            "1e999",
            "18446744073709551616",
            "true",
            "null",
            " ",
        ]);
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|b| b.to_string()),
            any::<i64>().prop_map(|n| n.to_string()),
            any::<u64>().prop_map(|n| n.to_string()),
            any::<f64>().prop_map(|n| json!(n).to_string()),
            ".{0,8}".prop_map(|text| json!(text).to_string()),
        ];
        let json = leaf.prop_recursive(5, 40, 6, |inner| {
            let name = prop::sample::select(vec!["a", "b", "课", "\\n", "\\u0061", ""]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
                prop::collection::vec((name, inner), 0..6).prop_map(|members| format!(
                    "{{{}}}",
                    members
                        .iter()
                        .map(|(name, value)| format!("\"{name}\":{value}"))
                        .collect::<Vec<_>>()
                        .join(",")
                )),
            ]
        });
        prop_oneof![3 => json, 1 => prop::collection::vec(word, 0..12).prop_map(|words| words.concat())]
    }

    proptest! {
        #[test]
        fn it_reads_what_serde_json_reads(text in texts()) {
            match (Json::parse(&text), serde_json::from_str::<Value>(&text)) {
                (Ok(json), Ok(value)) => {
                    prop_assert_eq!(&json.to_value(), &value);
                    for name in ["a", "b", "课", "\n", ""] {
                        prop_assert_eq!(json.view().member(name).map(View::to_value), value.get(name).cloned());
                    }
                }
                (Err(error), Err(expected)) => prop_assert_eq!(error.to_string(), expected.to_string()),
                (Ok(json), Err(error)) => prop_assert!(false, "{error}, but {}", json.to_value()),
                (Err(error), Ok(value)) => prop_assert!(false, "{error}, but {value}"),
            }
        }
    }

    #[test]
    fn numbers_stay_as_they_came() {
        for text in
            ["18.433333333333334", "1.4333333333333333", "2.6666666666666663e+78", "0.1", "1e-7", "-0.0"]
        {
            assert_eq!(Json::parse(text).unwrap().to_value().to_string(), text);
        }
    }

    #[test]
    fn as_deep_as_serde_json_goes() {
        for depth in [127, 128] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(Json::parse(&text).is_ok(), depth == 127);
            assert_eq!(Json::parse(&text).is_ok(), serde_json::from_str::<Value>(&text).is_ok());
        }
    }
}
