//! Properties of everything that is read.

use super::*;
use proptest::prelude::*;

/// A quoted cell with its quotes doubled.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn cell() -> impl Strategy<Value = String> {
    // White space at the ends is not written, so that what is read equals what was written.
    r#"[a-z0-9,;|"'第一课\u{1f4fa} \r\n]{1,60}"#
        .prop_map(|text| text.trim().to_owned())
        .prop_filter("blank", |text| !text.is_empty())
}

/// How a table is written.
#[derive(Clone, Copy, Debug)]
struct Written {
    format: Option<u8>,
    end: &'static str,
    encoding: u8,
    mark: bool,
}

fn written() -> impl Strategy<Value = Written> {
    let formats = prop::sample::select(vec![Some(b','), Some(b'\t'), Some(b';'), Some(b'|'), None]);
    let ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (formats, ends, 0..4_u8, any::<bool>()).prop_map(|(format, end, encoding, mark)| Written {
        format,
        end,
        encoding,
        mark,
    })
}

impl Written {
    fn bytes(self, text: &str) -> Vec<u8> {
        let text = if self.mark { format!("\u{feff}{text}") } else { text.to_owned() };
        match self.encoding {
            0 => text.into_bytes(),
            1 => encoding_rs::GB18030.encode(&text).0.into_owned(),
            2 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }

    /// GBK is distinguished from UTF-8 by what is in it, so it is asked for where a table may have too little.
    fn options(self) -> ReadOptions {
        ReadOptions::new().with_encoding(if self.encoding == 1 { Encoding::Gbk } else { Encoding::Auto })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn what_is_written_is_read(
        rows in proptest::collection::vec(
            ("[a-z0-9,;\"/?=&%-]{0,60}", cell(), proptest::option::of(cell()), proptest::option::of(cell())), 1..20,
        ),
        chunk in 1_usize..200, written in written(),
    ) {
        let Written { format, end, .. } = written;
        let mut text = String::new();
        let names = ["标题", "备注", "班级", "视频地址"];
        if let Some(delimiter) = format {
            text += &(names.join(&char::from(delimiter).to_string()) + end);
        }
        for (path, title, state, class) in &rows {
            let url = format!("https://a{path}");
            text += &match format {
                None => serde_json::json!({ "标题": title, "备注": state, "班级": class, "视频地址": url }).to_string(),
                Some(delimiter) => [title, state.as_deref().unwrap_or(""), class.as_deref().unwrap_or(""), &url]
                    .map(quoted)
                    .join(&char::from(delimiter).to_string()),
            };
            text += end;
        }
        let (read, ended) = read_in(&written.options(), &written.bytes(&text), chunk);
        prop_assert_eq!(ended, Ok(()));
        let read: Vec<_> = read
            .into_iter()
            .map(|row| row.map(|row| (row.info.file_url, row.info.title, row.info.state, row.extra)))
            .collect();
        let expected: Vec<_> = rows
            .into_iter()
            .map(|(path, title, state, class)| {
                let extra = class.map(|class| ("班级".into(), class)).into_iter().collect::<Vec<(std::sync::Arc<str>, String)>>();
                Ok((format!("https://a{path}"), title, state, extra))
            })
            .collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn encodings_are_found(titles in proptest::collection::vec("[\u{4e00}-\u{9fa5}]{2,30}", 4..40), chunk in 1_usize..200) {
        let text: String = titles.iter().map(|title| format!("http://a/1,{title}\n")).collect();
        let text = format!("fileUrl,title\n{text}");
        let expected: Vec<_> = titles.iter().cloned().map(Ok).collect();
        for encoding in 0..4 {
            let written = Written { format: None, end: "\n", encoding, mark: false };
            let (read, ended) = read_in(&ReadOptions::new(), &written.bytes(&text), chunk);
            prop_assert_eq!(ended, Ok(()));
            let read: Vec<_> = read.into_iter().map(|row| row.map(|row| row.info.title)).collect();
            prop_assert_eq!(&read, &expected, "{}", encoding);
        }
    }

    #[test]
    fn no_row_disappears(rows in proptest::collection::vec("[a-z\" ,]{0,20}", 1..20)) {
        // Whatever the quotes are, each line with a URL is part of a row that is reported.
        let text: String = rows.iter().map(|title| format!("http://a/1,\"{title}\n")).collect();
        let (read, ended) = read_in(&ReadOptions::new(), format!("url,title\n{text}").as_bytes(), 64);
        prop_assert_eq!(ended, Ok(()));
        let lines: Vec<_> = read.iter().map(|row| row.as_ref().map_or_else(|fault| fault.line, |row| row.line)).collect();
        prop_assert_eq!(lines, (2..rows.len() as u64 + 2).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_panics_and_pieces_make_no_difference(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), proptest::sample::select(b"\",;\t\r\n{}[]: htp/\xff\xfe\xe8\0=".to_vec())], 0..300,
        ),
        header in proptest::sample::select(vec!["", "fileUrl,title\n", "url;title\n", "链接\t标题\n", "[", "http://a/1\n", "sep=|\n"]),
        chunk in 1_usize..50, encoding in proptest::sample::select(vec![Encoding::Auto, Encoding::Gbk, Encoding::Utf8, Encoding::Utf16]),
    ) {
        let options = ReadOptions::new().with_encoding(encoding);
        let bytes = [header.as_bytes(), &bytes].concat();
        prop_assert_eq!(read_in(&options, &bytes, chunk), read_in(&options, &bytes, 1 << 20));
    }
}
