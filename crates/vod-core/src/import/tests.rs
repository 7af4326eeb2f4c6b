//! Tables for what is read and for every fault; properties for the rest.

use super::*;
use crate::Error;
use crate::error::{Fault, FaultKind};
use crate::operation::Effect;
use crate::polyv::upload::{UploadInfo, UploadUrls};
use proptest::prelude::*;

type Rows = Vec<Result<Row, RowError>>;

fn read_in(options: ReadOptions, bytes: &[u8], chunk: usize) -> (Rows, Result<(), RowError>) {
    let mut rows = Vec::new();
    let mut reader = Reader::new(options);
    for part in bytes.chunks(chunk) {
        if let Err(fault) = reader.feed(part, &mut rows) {
            return (rows, Err(fault));
        }
    }
    let end = reader.finish(&mut rows);
    (rows, end)
}

/// Reads a file whole and in small chunks, which must give the same.
fn read(options: ReadOptions, bytes: &[u8]) -> (Rows, Result<(), RowError>) {
    let whole = read_in(options, bytes, bytes.len().max(1));
    for chunk in [1, 2, 3, 7, 64] {
        assert_eq!(read_in(options, bytes, chunk), whole, "in pieces of {chunk}");
    }
    whole
}

/// Rows as `line url title state`, errors as they are displayed.
fn shown(options: ReadOptions, bytes: &[u8]) -> Vec<String> {
    let (rows, end) = read(options, bytes);
    let row = |row: Result<Row, RowError>| match row {
        Ok(Row { line, info }) => {
            format!("{line} {} {} {}", info.file_url, info.title, info.state.as_deref().unwrap_or("-"))
        }
        Err(fault) => fault.to_string(),
    };
    rows.into_iter().map(row).chain(end.err().map(|fault| format!("END {fault}"))).collect()
}

fn auto(text: &str) -> Vec<String> {
    shown(ReadOptions::new(), text.as_bytes())
}

#[test]
fn csv_that_is_read() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "plain",
            "fileUrl,title,state\nhttp://a/1,一,s\nhttp://a/2,二,\n",
            &["2 http://a/1 一 s", "3 http://a/2 二 -"],
        ),
        ("no end of the last line", "fileUrl,title\nhttp://a/1,一", &["2 http://a/1 一 -"]),
        (
            "CRLF, byte order mark",
            "\u{feff}fileUrl,title\r\nhttp://a/1,一\r\nhttp://a/2,二\r\n",
            &["2 http://a/1 一 -", "3 http://a/2 二 -"],
        ),
        (
            "CR alone",
            "fileUrl,title\rhttp://a/1,一\r\rhttp://a/2,二",
            &["2 http://a/1 一 -", "4 http://a/2 二 -"],
        ),
        ("any order and case", " STATE , Title,fileURL\nx,一,http://a/1\n", &["2 http://a/1 一 x"]),
        (
            "quotes, commas, doubled quotes",
            "fileUrl,title\n\"http://a/1,2\",\"他说\"\"好\"\"\"\n",
            &["2 http://a/1,2 他说\"好\" -"],
        ),
        (
            "quotes that open no cell",
            "fileUrl,title\nhttp://a/1,他说\"好\"\n",
            &["2 http://a/1 他说\"好\" -"],
        ),
        (
            "line ends within quotes",
            "fileUrl,title\nhttp://a/1,\"a\nb\r\nc\"\nhttp://a/2,二\n",
            &["2 http://a/1 a\nb\r\nc -", "5 http://a/2 二 -"],
        ),
        (
            "blank rows and separators alone",
            "\n\nfileUrl,title\n\n  \n,\n , \nhttp://a/1,一\n",
            &["8 http://a/1 一 -"],
        ),
        (
            "white space around",
            "fileUrl,title\n  http://a/1\t,\u{3000}第 一\u{3000}课\u{a0}\n",
            &["2 http://a/1 第 一\u{3000}课 -"],
        ),
        (
            "empty columns at the end",
            "fileUrl,title,,\nhttp://a/1,一,,\nhttp://a/2,二\n",
            &["2 http://a/1 一 -", "3 http://a/2 二 -"],
        ),
        ("a header alone", "fileUrl,title\n", &[]),
    ];
    for (what, text, expected) in table {
        assert_eq!(auto(text), *expected, "{what}");
    }
}

#[test]
fn csv_rows_with_faults() {
    let title = "课".repeat(103);
    let url = format!("http://a/{}", "x".repeat(992));
    let table = [
        (
            format!("ftp://a/1,{title},s"),
            "line 3: fileUrl: expected an http or https URL, got \"ftp://a/1\"; title: expected at most 100 characters, got 103",
        ),
        (
            format!("{url},一,{title}"),
            "line 3: fileUrl: expected at most 1000 characters, got 1001; state: expected at most 100 characters, got 103",
        ),
        ("http://a/1, ,s".to_owned(), "line 3: title: expected more than white space, got \"\""),
        (",一,s".to_owned(), "line 3: fileUrl: expected an http or https URL, got \"\""),
        ("http://a/1,一".to_owned(), "line 3: row: expected as many cells as the header has (3), got 2"),
        (
            "http://a/1,一,s,more".to_owned(),
            "line 3: row: expected as many cells as the header has (3), got 4",
        ),
        (
            format!("http://a/1{}", ",x".repeat(200)),
            "line 3: row: expected as many cells as the header has (3), got more than 64",
        ),
        (
            format!("http://a/1,{},s", "x".repeat(MAX_ROW)),
            "line 3: row: expected at most 65536 bytes of UTF-8, got more",
        ),
    ];
    for (row, fault) in table {
        let text = format!("fileUrl,title,state\nhttp://a/0,零,\n{row}\nhttp://a/9,九,\n");
        assert_eq!(auto(&text), ["2 http://a/0 零 -", fault, "4 http://a/9 九 -"], "{fault}");
    }
}

#[test]
fn files_that_cannot_be_read() {
    let table: &[(&str, &str)] = &[
        (
            "",
            "END line 1: fileUrl: expected a column of this name in the header, got no header; title: expected a column of this name in the header, got no header",
        ),
        (
            "\n \n",
            "END line 3: fileUrl: expected a column of this name in the header, got no header; title: expected a column of this name in the header, got no header",
        ),
        (
            "fileUrl,titles\n",
            "END line 1: titles: unknown field; did you mean `title`?; title: expected a column of this name in the header, got none",
        ),
        ("fileUrl,title,a\u{1b}[2Jb\n", "END line 1: a\u{fffd}[2Jb: unknown field"),
        ("\nfileUrl,title,volume\n", "END line 2: volume: unknown field"),
        ("title,TITLE,fileUrl\n", "END line 1: title: expected one column of this name, got a second one"),
        ("fileUrl;title\n", "END line 1: header: expected commas between the names, got semicolons"),
        ("fileUrl\ttitle\tstate\n", "END line 1: header: expected commas between the names, got tabs"),
        ("fileUrl,,title\n", "END line 1: header: expected a name for every column, got none for column 2"),
        (
            "https://a/1?token=t,一\n",
            "END line 1: header: expected the names of the columns (fileUrl, title, state), got a row with a URL",
        ),
        (
            "fileUrl,title\nhttp://a/1,\"一\nhttp://a/2,二\n",
            "END line 2: row: expected a closing quote, got the end of the file",
        ),
    ];
    for (text, fault) in table {
        assert_eq!(auto(text), [*fault], "{text:?}");
    }
    let open = format!("fileUrl,title\nhttp://a/1,一\nhttp://a/2,\"{}", "x\n".repeat(8 * MAX_ROW));
    let fault = "END line 3: row: expected at most 65536 bytes of UTF-8, got far more: is a quote left open?";
    assert_eq!(auto(&open), ["2 http://a/1 一 -", fault]);
    assert_eq!(auto(&open[..200_001]).len(), 2, "the end of the file within quotes is reported too");
}

#[test]
fn json_lines() {
    let lines = [
        r#"{"fileUrl":"http://a/1","title":" 一 ","state":"s"}"#,
        "",
        "  ",
        "{\"title\":\"二\",\"fileUrl\":\"http://a/2\",\"state\":null}\r",
        r#"{"fileUrl":"http://a/3","title":3,"state":""}"#,
        r#"{"fileurl":"http://a/4","title":"四"}"#,
        r#"{"fileUrl":["http://a/5"],"title":{},"state":true}"#,
        r#"{"fileUrl":"http://a/6","title":""}"#,
        r#"["http://a/7","七"]"#,
        r#"{"fileUrl":"http://a/8","title":"八""#,
        r#"{"fileUrl":"http://a/9","title":"a\nb\"c"}"#,
    ];
    let expected = [
        "1 http://a/1 一 s",
        "4 http://a/2 二 -",
        "5 http://a/3 3 -",
        "line 6: fileurl: unknown field; did you mean `fileUrl`?; fileUrl: expected a value, got nothing",
        "line 7: fileUrl: expected text, got a list of 1 item; title: expected text, got an object of 0 members",
        "line 8: title: expected more than white space, got \"\"",
        "line 9: row: expected a JSON object, got a list of 2 items",
        "line 10: row: expected a JSON object, got no JSON from column 37 on",
        "11 http://a/9 a\nb\"c -",
    ];
    assert_eq!(auto(&lines.join("\n")), expected);
    assert_eq!(auto(&format!("\n{}", lines[0])), ["2 http://a/1 一 s"], "blank lines may come first");
    let options = ReadOptions::new().with_format(Format::JsonLines);
    assert!(shown(options, b"").is_empty(), "a file of no lines has no rows");
    let long = format!("{}\n{{\"title\":\"{}\"}}\n{}", lines[0], "x".repeat(MAX_ROW), lines[8]);
    assert_eq!(
        auto(&long),
        [
            "1 http://a/1 一 s",
            "line 2: row: expected at most 65536 bytes of UTF-8, got more",
            "line 3: row: expected a JSON object, got a list of 2 items"
        ]
    );
}

#[test]
fn formats_by_name() {
    for (name, format) in [
        ("a.csv", Some(Format::Csv)),
        ("A.JSONL", Some(Format::JsonLines)),
        ("a.ndjson", Some(Format::JsonLines)),
        ("a.txt", None),
        ("a", None),
    ] {
        assert_eq!(Format::of_file_name(name), format, "{name}");
    }
    let csv = ReadOptions::new().with_format(Format::Csv);
    assert_eq!(shown(csv, b"{\"title\":\"x\"}\n").len(), 1, "a format that was asked for is not guessed");
}

#[test]
fn encodings() {
    let text = "fileUrl,title\nhttp://a/1,第一课\nhttp://a/2,第二课\n";
    let expected = ["2 http://a/1 第一课 -", "3 http://a/2 第二课 -"];
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };

    assert_eq!(shown(ReadOptions::new().with_encoding(Encoding::Gbk), &gbk), expected);
    assert_eq!(
        shown(ReadOptions::new().with_encoding(Encoding::Gbk), format!("\u{feff}{text}").as_bytes()),
        expected,
        "a mark wins"
    );
    assert_eq!(shown(ReadOptions::new(), &utf16(u16::to_le_bytes)), expected);
    assert_eq!(shown(ReadOptions::new(), &utf16(u16::to_be_bytes)), expected);
    assert_eq!(shown(ReadOptions::new().with_encoding(Encoding::Utf8), text.as_bytes()), expected);

    // A file in another encoding is refused; one damaged row among good ones is only a bad row.
    let fault = "row: expected UTF-8, got byte 0xB5 of what looks like GBK";
    assert_eq!(shown(ReadOptions::new(), &gbk), [format!("END line 2: {fault}")]);
    let damaged = [text.as_bytes(), b"http://a/3,\xb5\xda\nhttp://a/4,x\n"].concat();
    assert_eq!(
        shown(ReadOptions::new(), &damaged)[2..],
        [format!("line 4: {fault}"), "5 http://a/4 x -".to_owned()]
    );
    let damaged = [&gbk[..], b"http://a/3,\xff\xff\nhttp://a/4,x\n"].concat();
    let rows = shown(ReadOptions::new().with_encoding(Encoding::Gbk), &damaged);
    assert_eq!(
        rows[2..],
        [
            "line 4: row: expected characters of the file's encoding, got bytes that are not gb18030",
            "5 http://a/4 x -"
        ]
    );
    // A character cut in two by a comma is not put together again.
    let halves = [text.as_bytes(), b"http://a/\xe8,\xaf\xbe\n"].concat();
    assert!(shown(ReadOptions::new(), &halves)[2].starts_with("line 4: row: expected UTF-8, got byte 0xE8"));
}

#[test]
fn a_fault_is_an_error_too() {
    let (rows, _) = read(ReadOptions::new(), b"fileUrl,title\nftp://a/1,\n");
    let error = Error::from(rows.into_iter().next().unwrap().unwrap_err());
    let json = error.to_json();
    assert_eq!(
        (json["kind"].as_str(), json["operation"].as_str()),
        (Some("invalid"), Some("polyv.upload.urls"))
    );
    assert_eq!(json["violations"][0]["path"], "line 2: fileUrl");
    assert_eq!(json["violations"][1]["path"], "line 2: title");
}

fn row(line: u64) -> Row {
    Row { line, info: UploadInfo::new("http://a/1", "一") }
}

#[test]
fn batches_of_a_hundred() {
    let mut batches = Batches::new(UploadUrls::new().with_category_id(7)).unwrap();
    let made: Vec<Batch> = (0..250).filter_map(|n| batches.push(row(n * 2 + 2))).collect();
    assert_eq!(
        made.iter().map(|b| (b.number, b.rows(), b.lines.clone())).collect::<Vec<_>>(),
        [(1, 100, 2..=200), (2, 100, 202..=400)]
    );
    let last = batches.finish().unwrap();
    assert_eq!((last.number, last.rows(), last.lines.clone()), (3, 50, 402..=500));
    assert_eq!(last.order.category_id, Some(7.into()));
    assert!(batches.finish().is_none());
    for batch in made.iter().chain([&last]) {
        crate::Operation::check(&batch.order).unwrap();
    }
}

#[test]
fn templates_are_checked() {
    let error = |template| Batches::new(template).unwrap_err().to_string();
    assert_eq!(
        error(UploadUrls::new().with_watermark("ftp://a/x.png").with_upload_infos(Vec::<UploadInfo>::new())),
        "polyv.upload.urls: watermark: expected an http or https URL, got \"ftp://a/x.png\"; uploadInfos: expected the videos of the manifest alone, got others in the template"
    );
}

#[test]
fn reports() {
    let refused = || {
        let answer = http::Response::new(
            r#"{"code":400,"status":"error","message":"[uploadInfos] is invalid"}"#.into(),
        );
        <UploadUrls as crate::Operation>::read(&answer).unwrap_err()
    };
    let fault = |arrived| {
        Error::transport("polyv.upload.urls", Effect::Once, Fault::new(FaultKind::Broken, arrived), 1)
    };
    let ending = |bad: u64, outcomes: &[Option<Error>]| {
        let mut report = Report::default();
        (0..bad).for_each(|_| report.row(false));
        for outcome in outcomes {
            (0..10).for_each(|_| report.row(true));
            report.batch();
            report.outcome(10, outcome.as_ref().map_or(Ok(()), Err));
        }
        assert_eq!(report.accepted + report.refused + report.unknown, report.valid);
        assert_eq!(report.rows, report.valid + report.invalid);
        (report.ending(), report.accepted, report.refused, report.unknown)
    };
    assert_eq!(ending(0, &[]), (Ending::Done, 0, 0, 0));
    assert_eq!(ending(0, &[None, None]), (Ending::Done, 20, 0, 0));
    assert_eq!(ending(3, &[None]), (Ending::Partly, 10, 0, 0));
    assert_eq!(ending(3, &[]), (Ending::Invalid, 0, 0, 0));
    assert_eq!(ending(0, &[None, Some(fault(true))]), (Ending::Partly, 10, 0, 10));
    assert_eq!(ending(1, &[Some(refused()), Some(refused())]), (Ending::Refused, 0, 20, 0));
    assert_eq!(ending(0, &[Some(fault(false)), Some(fault(false))]), (Ending::Unanswered, 0, 20, 0));
    assert_eq!(ending(0, &[Some(refused()), Some(fault(true))]), (Ending::Unanswered, 0, 10, 10));
}

/// A quoted cell with its quotes doubled.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn cell() -> impl Strategy<Value = String> {
    // White space at the ends is not written, so that what is read equals what was written.
    r#"[a-z0-9,"'第一课\u{1f4fa} \r\n]{1,60}"#.prop_map(|text| text.trim().to_owned()).prop_filter("blank", |text| !text.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read(
        rows in proptest::collection::vec(("[a-z0-9,\"/?=&%-]{0,60}", cell(), proptest::option::of(cell())), 0..20),
        chunk in 1_usize..200, crlf: bool, mark: bool, json: bool,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut text = String::from(if mark { "\u{feff}" } else { "" });
        if !json {
            text += &format!("title,state,fileUrl{end}");
        }
        for (path, title, state) in &rows {
            let url = format!("https://a{path}");
            text += &if json {
                serde_json::json!({ "fileUrl": url, "title": title, "state": state }).to_string()
            } else {
                format!("{},{},{}", quoted(title), quoted(state.as_deref().unwrap_or("")), quoted(&url))
            };
            text += end;
        }
        let format = if json { Format::JsonLines } else { Format::Csv };
        let (read, ended) = read_in(ReadOptions::new().with_format(format), text.as_bytes(), chunk);
        prop_assert_eq!(ended, Ok(()));
        let read: Vec<_> = read.into_iter().map(|row| row.map(|row| (row.info.file_url, row.info.title, row.info.state))).collect();
        let written: Vec<_> = rows.into_iter().map(|(path, title, state)| Ok((format!("https://a{path}"), title, state))).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn nothing_panics_and_pieces_make_no_difference(
        bytes in proptest::collection::vec(prop_oneof![any::<u8>(), proptest::sample::select(b"\",\r\n{}: htp/\xff\xfe\xe8".to_vec())], 0..300),
        header: bool, chunk in 1_usize..50, gbk: bool,
    ) {
        let options = ReadOptions::new().with_encoding(if gbk { Encoding::Gbk } else { Encoding::Auto });
        let bytes = [if header { &b"fileUrl,title\n"[..] } else { b"" }, &bytes].concat();
        prop_assert_eq!(read_in(options, &bytes, chunk), read_in(options, &bytes, 1 << 20));
    }
}
