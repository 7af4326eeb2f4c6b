//! One operation without the derives, so that the traits are for people too.

mod common;

use common::{AT, accounts, assert_signed, undecodable, v2};
use serde_json::json;
use std::borrow::Cow;
use vod_core::answer::{FromAnswer, Mismatch, Node, Output};
use vod_core::call::{Call, Outcome, Shared, Step};
use vod_core::error::Reason;
use vod_core::field::{Field, Kind, Layout, Place, Record};
use vod_core::limits::Rule;
use vod_core::operation::{Auth, Effect, Encoding, KnownError, Method};
use vod_core::value::{FieldValue, Value, Values};
use vod_core::{Operation, OperationInfo, Timestamp, catalog};

/// A whole number of seconds, a type of the caller's own.
struct Seconds(u32);

impl FieldValue for Seconds {
    const KIND: Kind = Kind::Integer;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Integer(i64::from(self.0)))
    }
}

/// Delete one marker of a video.
struct DeleteMarker {
    vid: String,
    at: Seconds,
    reason: Option<Words>,
}

const fn field(name: &'static str, kind: Kind, required: bool, rules: &'static [Rule]) -> Field {
    Field {
        name,
        wire: name,
        aliases: &[],
        place: Place::Body,
        layout: Layout::Plain,
        kind,
        required,
        may_be_blank: false,
        rules,
        doc: "A field.",
    }
}

static FIELDS: [Field; 3] = [
    field("vid", Kind::Text, true, &[]),
    field("times", Seconds::KIND, true, &[Rule::Range { min: 0, max: 86_400 }]),
    field("reason", Kind::Text, false, &[Rule::MaxChars(3)]),
];

impl Operation for DeleteMarker {
    type Output = Deleted;
    const INFO: &'static OperationInfo = &OperationInfo {
        id: "polyv.keyframe.delete_at",
        name: "DeleteMarker",
        alias: None,
        superseded_by: None,
        method: Method::Post,
        host: None,
        path: "/v2/video/{userid}/deleteKeyFrame",
        encoding: Encoding::Form,
        auth: Auth::Sha1,
        effect: Effect::Idempotent,
        envelope: Auth::Sha1.usual_envelope(),
        account: None,
        signed: None,
        fields: &FIELDS,
        output: &<Deleted as FromAnswer>::KIND,
        check: None,
        errors: &[KnownError { code: 400, message: "no such marker", reason: Reason::NotFound }],
        reference: "https://example.com/marker",
        doc: "Delete one marker of a video. It does not come back.\n\nMore about it.",
    };

    fn values(&self) -> Values<'_> {
        let mut values = Values::with_capacity(3);
        values.push(&FIELDS[0], &self.vid);
        values.push(&FIELDS[1], &self.at);
        values.push(&FIELDS[2], &self.reason);
        values
    }
}

struct Words(&'static str);

impl FieldValue for Words {
    const KIND: Kind = Kind::Text;
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Text(Cow::Borrowed(self.0)))
    }
}

/// How many markers are left.
#[derive(Debug, PartialEq)]
struct Deleted {
    left: Option<u64>,
}

static OUTPUT: [Field; 1] = [field("left", Kind::Integer, false, &[])];
const RECORD: &Record =
    &Record { name: "Deleted", doc: "How many markers are left.", fields: || &OUTPUT, rows: None };

impl FromAnswer for Deleted {
    const KIND: Kind = Kind::Record(RECORD);
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        node.object(|object| Ok(Self { left: object.read(&OUTPUT[0])? }))
    }
}

fn delete() -> DeleteMarker {
    DeleteMarker { vid: "v_1".to_owned(), at: Seconds(60), reason: None }
}

#[test]
fn it_is_checked_sent_and_read_like_any_other() {
    DeleteMarker::INFO.assert_sound();
    let request = delete().request(&accounts(), AT).unwrap();
    assert_eq!(request.uri(), "https://api.polyv.net/v2/video/d41c0b6f2a/deleteKeyFrame");
    assert!(common::bytes(&request).starts_with(b"vid=v_1&times=60&ptime=1700000000000&sign="));
    assert_signed(DeleteMarker::INFO, &request, &common::KEYS);

    let error = DeleteMarker { vid: " ".to_owned(), at: Seconds(86_401), reason: Some(Words("long")) }
        .check()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "polyv.keyframe.delete_at: vid: expected more than white space, got only white space; times: expected 0 to 86400, got 86401; reason: expected at most 3 characters, got 4"
    );

    assert_eq!(*DeleteMarker::read(&v2(&json!({ "left": "2" }))).unwrap(), Deleted { left: Some(2) });
    assert_eq!(
        undecodable(DeleteMarker::read(&v2(&json!({ "left": "many" }))).unwrap_err()).detail,
        "left: expected a whole number, zero or more, got \"many\""
    );
    let refused = common::refused(
        DeleteMarker::read(&common::answer(200, r#"{"code":400,"message":"No such marker."}"#)).unwrap_err(),
    );
    assert_eq!(refused.reason, Reason::NotFound);
}

#[test]
fn it_is_called_like_any_other() {
    let operation = delete();
    let mut shared = Shared::default();
    let mut call = Call::new(DeleteMarker::INFO, operation.values(), AT).unwrap();
    let Step::Send(at) = call.next(&mut shared, AT) else { panic!("sent") };
    assert_eq!(at, AT);
    call.done(Outcome::Answer(v2(&json!({ "left": 0 }))), AT, AT, 0);
    let Step::Done(result) = call.next(&mut shared, AT) else { panic!("done") };
    let reply = result.unwrap().typed::<<DeleteMarker as Operation>::Output>(call.info()).unwrap();
    assert_eq!(reply.left, Some(0));
}

#[test]
fn it_is_described_like_any_other() {
    assert_eq!(DeleteMarker::INFO.title(), "Delete one marker of a video");
    let described = catalog::describe(DeleteMarker::INFO);
    assert_eq!(
        described["fields"][1],
        json!({ "name": "times", "in": "form", "type": "integer", "required": true, "limits": ["0 to 86400"], "values": [], "doc": "A field." })
    );
    assert_eq!(described["output"], json!([{ "name": "left", "type": "integer", "doc": "A field." }]));
    let names = |id: &str| {
        catalog::describe(common::entry(id).info()).as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        described.as_object().unwrap().keys().cloned().collect::<Vec<_>>(),
        names("polyv.upload.urls")
    );
}

#[test]
fn the_values_of_the_catalogue_are_those_of_the_struct() {
    // Whatever comes after it works on values alone, so equal values are equal in everything.
    let typed = vod_core::polyv::sync::ListTasks::new().with_page(2).with_page_size(50);
    let dynamic = common::entry("polyv.sync.list").input(&json!({ "pageSize": "50", "page": 2 })).unwrap();
    assert_eq!(&typed.values(), dynamic.values());
    assert_eq!(serde_json::to_value(typed.values()).unwrap(), json!({ "page": 2, "pageSize": 50 }));
    assert_eq!(
        (typed.values().len(), typed.values().is_empty(), typed.values().get("page")),
        (2, false, Some(&Value::Integer(2)))
    );
    let times = vod_core::qingcloud::media::SearchMedia::new()
        .with_start_time(Timestamp::from_millis(0))
        .with_end_time(AT);
    assert_eq!(
        serde_json::to_value(times.values()).unwrap(),
        json!({ "StartTime": "1970-01-01T00:00:00Z", "EndTime": "2023-11-14T22:13:20Z" })
    );
}

#[test]
fn the_output_of_a_file_or_of_nothing() {
    use vod_core::answer::{Done, File, Json};
    use vod_core::response::Payload;
    let json = Payload::Json(Json::parse(r#"{ "a": 1 }"#).unwrap());
    assert!(Done::from_payload(&json).is_ok());
    assert_eq!(
        File::from_payload(&json).unwrap_err().to_string(),
        "data: expected a file, got an object of 1 member"
    );
    let fault = String::from_payload(&json).unwrap_err();
    assert_eq!(
        (fault.path(), fault.expected(), fault.got()),
        ("", "text", "an object of 1 member".to_owned())
    );
}

/// The table of [`DeleteMarker`] with another path, reference and fields.
fn table(path: &'static str, reference: &'static str, fields: &'static [Field]) -> OperationInfo {
    let OperationInfo {
        id,
        name,
        alias,
        superseded_by,
        method,
        host,
        encoding,
        auth,
        effect,
        envelope,
        account,
        signed,
        output,
        check,
        errors,
        doc,
        ..
    } = *DeleteMarker::INFO;
    OperationInfo {
        id,
        name,
        alias,
        superseded_by,
        method,
        host,
        path,
        encoding,
        auth,
        effect,
        envelope,
        account,
        signed,
        fields,
        output,
        check,
        errors,
        reference,
        doc,
    }
}

#[test]
fn a_sound_table() {
    table("/v2/{userid}/{vid}/{times}", "r", &FIELDS).assert_sound();
}

#[test]
#[should_panic(expected = "a path begins with a slash")]
fn a_path_without_a_slash() {
    table("v2/x", "r", &FIELDS).assert_sound();
}

#[test]
#[should_panic(expected = "a placeholder of the path is no field")]
fn a_placeholder_that_is_no_field() {
    table("/v2/{userid}/{video}", "r", &FIELDS).assert_sound();
}

#[test]
#[should_panic(expected = "an operation names its reference page")]
fn no_reference() {
    table("/v2/x", "", &FIELDS).assert_sound();
}

#[test]
#[should_panic(expected = "two fields share a wire name")]
fn one_name_for_two_fields() {
    static SAME: [Field; 2] = [field("vid", Kind::Text, true, &[]), field("vid", Kind::Integer, false, &[])];
    table("/v2/x", "r", &SAME).assert_sound();
}
