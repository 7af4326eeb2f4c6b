//! Multipart forms: files are named and not read, never signed, and measured when they are opened.

mod common;

use bytes::Bytes;
use common::{AT, accounts};
use serde_json::json;
use sha1::{Digest, Sha1};
use std::path::PathBuf;
use vod_core::answer::Done;
use vod_core::body::{FileData, FilePiece, Piece};
use vod_core::{Body, Error, FileSource, Operation};

/// Uploads slides and their titles, as the courseware area does with two files in one form.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.test.slides",
    method = Post,
    path = "/v2/video/{userid}/uploadPPT",
    encoding = Multipart,
    auth = Sha1,
    effect = Once,
    output = Done,
    reference = "a test"
)]
#[non_exhaustive]
struct UploadSlides {
    /// The video.
    vid: String,
    /// The slides.
    #[field(wire = "ppt", max_file_bytes = 10)]
    slides: FileSource,
    /// Their titles.
    #[field(wire = "txt")]
    titles: Option<FileSource>,
}

fn pieces(operation: &UploadSlides) -> (String, Vec<Piece>) {
    let request = operation.request(&accounts(), AT).unwrap();
    assert_eq!(request.uri(), "https://api.polyv.net/v2/video/d41c0b6f2a/uploadPPT");
    let content_type = request.headers()["content-type"].to_str().unwrap().to_owned();
    match request.into_body() {
        Body::Pieces(pieces) => (content_type, pieces),
        Body::Bytes(_) => panic!("no multipart form"),
    }
}

fn sent(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Piece::File(FilePiece { file, .. }) => match file.data() {
            FileData::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            FileData::Path(path) => format!("<{}>", path.display()),
        },
    };
    pieces.iter().map(text).collect()
}

#[test]
fn the_form_as_it_is_sent() {
    let operation = UploadSlides::new(
        "v_1",
        FileSource::path("/tmp/第一\"课.ppt").with_content_type("application/vnd.ms-powerpoint"),
    )
    .with_titles(FileSource::bytes("titles.txt", "one\ntwo"));
    let (content_type, pieces) = pieces(&operation);
    // Files take no part in the signature.
    let text = format!("ptime={}&vid=v_1{}", AT.as_millis(), common::KEY);
    let sign = hex::encode_upper(Sha1::digest(text));
    let boundary = format!("vod-{}", hex::encode(Sha1::digest(&sign)));
    assert_eq!(content_type, format!("multipart/form-data; boundary={boundary}"));
    let field = |name: &str, value: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{value}\r\n"
        )
    };
    let file = |name: &str, file: &str, kind: &str, value: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {kind}\r\n\r\n{value}\r\n"
        )
    };
    let expected = [
        field("vid", "v_1"),
        field("ptime", &AT.as_millis().to_string()),
        field("sign", &sign),
        file("ppt", "第一%22课.ppt", "application/vnd.ms-powerpoint", "</tmp/第一\"课.ppt>"),
        file("txt", "titles.txt", "application/octet-stream", "one\ntwo"),
        format!("--{boundary}--\r\n"),
    ];
    assert_eq!(sent(&pieces), expected.concat());
}

#[test]
fn sizes_are_held_against_the_limit() {
    let eleven = UploadSlides::new("v_1", FileSource::bytes("a.ppt", vec![0; 11]));
    assert_eq!(
        eleven.check().unwrap_err().to_string(),
        "polyv.test.slides: ppt: expected a file of at most 10 bytes, got 11 bytes"
    );
    assert!(UploadSlides::new("v_1", FileSource::bytes("a.ppt", vec![0; 10])).check().is_ok());
    // A path is measured when it is opened.
    let (_, pieces) = pieces(&UploadSlides::new("v_1", PathBuf::from("a.ppt")));
    let Some(Piece::File(piece)) = pieces.iter().find(|piece| matches!(piece, Piece::File(_))) else {
        panic!("no file")
    };
    assert!(piece.check_size(10).is_ok());
    assert!(matches!(piece.check_size(11), Err(Error::Invalid(e)) if e.violations[0].path == "ppt"));
}

#[test]
fn hostile_names_stay_inside_their_quotes() {
    let name = "a\"; filename=\"b\r\nX-Evil: 1\r\n\r\n";
    let file = FileSource::bytes(name, Bytes::new()).with_content_type("text/plain\r\nX-Evil: 1");
    let (_, pieces) = pieces(&UploadSlides::new("v_1", file));
    let text = sent(&pieces);
    assert!(!text.lines().any(|line| line.starts_with("X-Evil")), "{text}");
}

#[test]
fn json_names_a_file_by_its_path() {
    // The catalogue's reader is the same for all operations; only its table is taken here.
    let description = vod_core::catalog::describe(UploadSlides::INFO);
    assert_eq!(description["fields"][1]["in"], json!("multipart"));
    assert_eq!(description["fields"][1]["limits"], json!(["a file of at most 10 bytes"]));
}
