//! Encodings that are found by looking, and files that are no text.

use super::*;

const TEXT: &str = "fileUrl,title\nhttp://a/1,第一课\nhttp://a/2,第二课\n";
const ROWS: [&str; 2] = ["2 http://a/1 第一课 -", "3 http://a/2 第二课 -"];

fn asked(encoding: Encoding) -> ReadOptions {
    ReadOptions::new().with_encoding(encoding)
}

fn gbk(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// What is read, and in which encoding.
fn found(options: &ReadOptions, bytes: &[u8]) -> (Vec<String>, &'static str) {
    let mut reader = Reader::new(options.clone());
    let mut rows = Vec::new();
    let end = reader.feed(bytes, &mut rows).and_then(|()| reader.finish(&mut rows));
    assert_eq!(end, Ok(()));
    (shown(options, bytes), reader.reading().map_or("", |reading| reading.encoding))
}

#[test]
fn encodings_by_looking() {
    let marked = format!("\u{feff}{TEXT}");
    let chinese = TEXT.replace("fileUrl", "视频地址").replace("title", "标题");
    for (what, bytes, encoding) in [
        ("UTF-8", TEXT.as_bytes().to_vec(), "UTF-8"),
        ("UTF-8 with a mark", marked.clone().into_bytes(), "UTF-8"),
        ("GBK", gbk(TEXT), "GBK"),
        ("GBK in the header too", gbk(&chinese), "GBK"),
        ("GB18030 with a mark", gbk(&marked), "GBK"),
        ("UTF-16LE with a mark", utf16(&marked, u16::to_le_bytes), "UTF-16"),
        ("UTF-16BE with a mark", utf16(&marked, u16::to_be_bytes), "UTF-16"),
        ("UTF-16LE", utf16(TEXT, u16::to_le_bytes), "UTF-16"),
        ("UTF-16BE", utf16(TEXT, u16::to_be_bytes), "UTF-16"),
        ("UTF-16LE, Chinese first", utf16(&chinese, u16::to_le_bytes), "UTF-16"),
        ("UTF-16BE, Chinese first", utf16(&chinese, u16::to_be_bytes), "UTF-16"),
    ] {
        let (rows, name) = found(&ReadOptions::new(), &bytes);
        assert_eq!(rows, ROWS, "{what}");
        assert_eq!(name, encoding, "{what}");
    }
}

#[test]
fn gbk_that_comes_late_or_looks_like_utf_8() {
    let ascii: String = (0..20_000).map(|n| format!("http://a/{n}.mp4,{n}\n")).collect();
    let text = format!("fileUrl,title\n{ascii}http://a/x,第一课\n");
    let (rows, end) = read_in(&ReadOptions::new(), &gbk(&text), 1 << 16);
    assert_eq!((rows.len(), end), (20_001, Ok(())));
    assert_eq!(rows[20_000].as_ref().unwrap().info.title, "第一课");

    // 医学 and 学校 in GBK are letters of two bytes in UTF-8.
    let text = "fileUrl,title\nhttp://a/1,医学\nhttp://a/2,学校\nhttp://a/3,测量\n";
    assert!(std::str::from_utf8(&gbk("医学")).is_ok() && std::str::from_utf8(&gbk("学校")).is_ok());
    assert_eq!(
        shown(&ReadOptions::new(), &gbk(text)),
        ["2 http://a/1 医学 -", "3 http://a/2 学校 -", "4 http://a/3 测量 -"]
    );
    let many: String = (0..4_000).map(|n| format!("http://a/{n}.mp4,学校\n")).collect();
    let (rows, end) =
        read_in(&ReadOptions::new(), &gbk(&format!("fileUrl,title\n{many}http://a/x,测量\n")), 1 << 16);
    assert_eq!((rows.len(), end), (4_001, Ok(())));
    assert_eq!(rows[0].as_ref().unwrap().info.title, "学校");
    // With bytes that are neither, nothing is sent.
    let neither = [&gbk(text), &b"http://a/4,\xff\xff\n"[..]].concat();
    assert_eq!(
        shown(&ReadOptions::new(), &neither),
        [
            "END line 2: row: expected one encoding in the whole file, got bytes that are neither all UTF-8 nor all GBK"
        ]
    );
}

#[test]
fn encodings_that_are_asked_for() {
    assert_eq!(shown(&asked(Encoding::Gbk), &gbk(TEXT)), ROWS);
    assert_eq!(shown(&asked(Encoding::Gbk), format!("\u{feff}{TEXT}").as_bytes()), ROWS, "a mark wins");
    assert_eq!(
        shown(&asked(Encoding::Gbk), TEXT.replace(['第', '课', '一', '二'], "x").as_bytes()).len(),
        2,
        "ASCII"
    );
    assert_eq!(shown(&asked(Encoding::Utf8), TEXT.as_bytes()), ROWS);
    assert_eq!(shown(&asked(Encoding::Utf16), &utf16(TEXT, u16::to_le_bytes)), ROWS);
    assert_eq!(shown(&asked(Encoding::Utf16), &utf16(TEXT, u16::to_be_bytes)), ROWS);
    assert_eq!(shown(&asked(Encoding::Utf16), &utf16(&format!("\u{feff}{TEXT}"), u16::to_be_bytes)), ROWS);

    let utf8 = "END line 1: encoding: expected UTF-8, which the file is in, got GBK";
    for text in [TEXT, "fileUrl,title\nhttp://a/1,课程\n", &TEXT.repeat(200)] {
        assert_eq!(shown(&asked(Encoding::Gbk), text.as_bytes()), [utf8]);
    }
    assert_eq!(
        shown(&asked(Encoding::Utf8), &gbk(TEXT)),
        ["END line 2: row: expected UTF-8, got byte 0xB5 of what looks like GBK"]
    );
}

#[test]
fn damaged_rows() {
    // One damaged row among good ones is only a bad row.
    let damaged = [TEXT.as_bytes(), b"http://a/3,\xb5\xda\nhttp://a/4,x\n"].concat();
    assert_eq!(
        shown(&ReadOptions::new(), &damaged)[2..],
        ["line 4: row: expected UTF-8, got byte 0xB5 of what looks like GBK", "5 http://a/4 x -"]
    );
    let damaged = [&gbk(TEXT)[..], b"http://a/3,\xff\xff\nhttp://a/4,x\n"].concat();
    assert_eq!(
        shown(&asked(Encoding::Gbk), &damaged)[2..],
        [
            "line 4: row: expected characters of the file's encoding, got bytes that are not GBK",
            "5 http://a/4 x -"
        ]
    );
    // A character cut in two by a comma is not put together again.
    let halves = [TEXT.as_bytes(), b"http://a/\xe8,\xaf\xbe\n"].concat();
    assert!(shown(&ReadOptions::new(), &halves)[2].starts_with("line 4: row: expected UTF-8, got byte 0xE8"));
    let zero = format!("{TEXT}http://a/3,a\0b\nhttp://a/4,x\n");
    assert_eq!(
        shown(&ReadOptions::new(), zero.as_bytes())[2..],
        ["line 4: row: expected text, got a zero byte", "5 http://a/4 x -"]
    );
}

#[test]
fn files_that_are_no_text() {
    for (bytes, what) in [
        (
            &b"PK\x03\x04\x14\0\x06\0"[..],
            "a workbook (XLSX or ODS) or another archive; save the sheet as CSV",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0",
            "an old or encrypted workbook (XLS); save the sheet as CSV",
        ),
        (b"%PDF-1.7\n", "a PDF document; export the table as CSV"),
        (b"\x1f\x8b\x08\0", "a gzip archive; unpack it"),
        (b"\xff\xfe\0\0f\0\0\0", "UTF-32; save it as UTF-8"),
    ] {
        for encoding in [Encoding::Auto, Encoding::Utf8, Encoding::Gbk] {
            let fault = format!("END line 1: file: expected text, got {what}");
            assert_eq!(shown(&asked(encoding), bytes), [fault]);
        }
    }
}
