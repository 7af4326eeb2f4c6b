//! Tables for what is read and for every fault.

use super::*;

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
            "line 3: row: expected as many cells as the header has (3), got 201",
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
    let none = "fileUrl: expected a column for it in the header, got no header; title: expected a column for it in the header, got no header";
    let table: &[(&str, &str)] = &[
        ("", &format!("END line 1: {none}")),
        ("\n \n", &format!("END line 3: {none}")),
        (
            "fileUrl,titles\n",
            "END line 1: titles: unknown field; did you mean `title`?; title: expected a column for it in the header, got only fileUrl, titles",
        ),
        (
            "\nfileUrl,a\u{1b}[2Jb\n",
            "END line 2: title: expected a column for it in the header, got only fileUrl, a\u{fffd}[2Jb",
        ),
        (
            "title,TITLE,fileUrl\n",
            "END line 1: title: expected one column for it, got title and TITLE; choose the one that is meant",
        ),
        (
            "链接,视频地址,名称,标题（必填）,备注\n",
            "END line 1: fileUrl: expected one column for it, got 链接 and 视频地址; choose the one that is meant; title: expected one column for it, got 名称 and 标题（必填）; choose the one that is meant",
        ),
        (
            "https://a/1?token=t,一\n",
            "END line 1: header: expected the names of the columns, got a row with a URL",
        ),
        (
            "序号,课程\n1,二\n3,http://a/1\n",
            "END line 1: fileUrl: expected a column for it in the header, got only 序号, 课程; title: expected a column for it in the header, got only 序号, 课程",
        ),
        (
            "fileUrl,\"title\nhttp://a/1,一\n",
            "END line 1: row: expected a closing quote, got the end of the file",
        ),
        (
            "<html><table>\n",
            "END line 1: file: expected a list, got a page of HTML or XML; save the table as CSV",
        ),
    ];
    for (text, fault) in table {
        assert_eq!(auto(text), [*fault], "{text:?}");
    }
}

#[test]
fn columns_that_are_chosen() {
    let read = |field: &str, column: &str, text: &str| {
        shown(&ReadOptions::new().with_column(field, column), text.as_bytes())
    };
    let text = "链接,名称,课程名\nhttp://a/1,一,二\n";
    assert_eq!(read("title", " 课程 名", text), ["2 http://a/1 二 - 名称=一"]);
    assert_eq!(read("Title", "名称", text), ["2 http://a/1 一 - 课程名=二"]);
    assert_eq!(read("state", "名称", &text.replace("课程名", "标题")), ["2 http://a/1 二 一"]);
    assert_eq!(
        read("state", "班级", text),
        ["END line 1: state: expected a column for it in the header, got only 链接, 名称, 课程名"]
    );
    assert_eq!(read("titel", "名称", text), ["END line 1: titel: unknown field; did you mean `title`?"]);
    assert_eq!(
        read("title", "课程名", r#"{"url":"http://a/1","title":"一","课程名":"二"}"#),
        ["1 http://a/1 二 - title=一"]
    );
}

#[test]
fn quotes_that_are_left_open() {
    let bad = "row: expected nothing between a closing quote and the end of its cell, got text: is a quote left open?";
    let row = "row: expected a closing quote, got a cell with the next row in it";
    let table: &[(&str, &[&str])] = &[
        (
            "http://a/1,\"一,s\nhttp://a/2,\"二\",s\nhttp://a/3,三,s\n",
            &[&format!("line 2: {bad}"), "3 http://a/2 二 s", "4 http://a/3 三 s"],
        ),
        (
            "http://a/1,\"一,s\nhttp://a/2,二\",s\nhttp://a/3,三,s\n",
            &[&format!("line 2: {row}"), "3 http://a/2 二\" s", "4 http://a/3 三 s"],
        ),
        ("http://a/1,\"一\" x,s\nhttp://a/2,\"二\" ,s\n", &[&format!("line 2: {bad}"), "3 http://a/2 二 s"]),
        ("http://a/1, \"一, 二\"\t,s\n", &["2 http://a/1 一, 二 s"]),
        (
            "http://a/1,\"一,s\r\nhttp://a/2,二,s\r\n",
            &["line 2: row: expected a closing quote, got the end of the file", "3 http://a/2 二 s"],
        ),
    ];
    for (text, rows) in table {
        assert_eq!(auto(&format!("fileUrl,title,state\n{text}")), *rows, "{text:?}");
    }
    // Text of several lines with addresses in it is none in a column that is no field.
    let text = "fileUrl,title,简介\nhttp://a/1,一,\"见 http://b/\n或者 http://c/, 好\"\n";
    assert_eq!(auto(text), ["2 http://a/1 一 - 简介=见 http://b/\n或者 http://c/, 好"]);

    let open = format!("fileUrl,title\nhttp://a/1,一\nhttp://a/2,\"{}", "x\n".repeat(MAX_ROW));
    let rows = read_in(&ReadOptions::new(), open.as_bytes(), 1 << 16).0;
    assert_eq!(
        rows[1].as_ref().unwrap_err().to_string(),
        "line 3: row: expected at most 65536 bytes of UTF-8, got more: is a quote left open?"
    );
    assert_eq!(rows.len(), MAX_ROW + 1, "no line is lost");
    let cell = format!("fileUrl,title\nhttp://a/1,\"{}\"\nhttp://a/2,二\n", "x".repeat(10 << 20));
    let (rows, end) = read_in(&ReadOptions::new(), cell.as_bytes(), 1 << 16);
    assert_eq!((rows.len(), rows[1].is_ok(), end), (2, true, Ok(())), "a cell of 10 MiB");
}

#[test]
fn what_could_be_read_of_a_bad_row() {
    let cells = |text: &str| {
        let (rows, _) = read(&ReadOptions::new(), text.as_bytes());
        let fault = rows.into_iter().find_map(Result::err).unwrap();
        fault.cells.iter().map(|(name, text)| format!("{name}={text} ")).collect::<String>()
    };
    let header = "视频地址,标题,备注,班级\n";
    for (row, expected) in [
        ("ftp://a/1,一,s,甲", "fileUrl=ftp://a/1 title=一 state=s 班级=甲 "),
        ("http://a/1,,s,", "fileUrl=http://a/1 state=s "),
        ("http://a/1,一", "fileUrl=http://a/1 title=一 "),
        ("http://a/1,一,\"s\"x,甲", "fileUrl=http://a/1 title=一 "),
        ("http://a/1,\"一,s", "fileUrl=http://a/1 "),
    ] {
        assert_eq!(cells(&format!("{header}{row}\n")), expected, "{row}");
    }
    assert_eq!(
        cells(r#"{"url":"ftp://a/1","标题":"一","班级":7,"x":null}"#),
        "fileUrl=ftp://a/1 title=一 班级=7 "
    );
}

#[test]
fn json_lines() {
    let lines = [
        r#"{"fileUrl":"http://a/1","title":" 一 ","state":"s"}"#,
        "",
        "  ",
        "{\"title\":\"二\",\"fileUrl\":\"http://a/2\",\"state\":null}\r",
        r#"{"fileUrl":"http://a/3","title":3,"state":""}"#,
        r#"{"fileurl":"http://a/4","name":"四","班级":[1, 2]}"#,
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
        "6 http://a/4 四 - 班级=[1, 2]",
        "line 7: fileUrl: expected text, got a list of 1 item; title: expected text, got an object of 0 members",
        "line 8: title: expected more than white space, got \"\"",
        "line 9: row: expected a JSON object, got a list of 2 items",
        "line 10: row: expected a JSON object, got no JSON from column 37 on",
        "11 http://a/9 a\nb\"c -",
    ];
    assert_eq!(auto(&lines.join("\n")), expected);
    assert_eq!(auto(&format!("\n{}", lines[0])), ["2 http://a/1 一 s"], "blank lines may come first");
    assert_eq!(
        auto(r#"{"url":"http://a/1","link":"http://a/2","title":"一"}"#),
        ["line 1: fileUrl: expected one column for it, got url and link; choose the one that is meant"]
    );
    assert_eq!(
        auto("{\"url\":\"http://a/1\",\"title\":3.10,\"state\":20261128175500123456789}"),
        ["1 http://a/1 3.10 20261128175500123456789"]
    );
    let options = ReadOptions::new().with_format(Format::JsonLines);
    assert!(shown(&options, b"").is_empty(), "a file of no lines has no rows");
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
fn a_json_array() {
    let a = r#"{"fileUrl":"http://a/1","title":"一"}"#;
    let b = r#"{"fileUrl":"http://a/2","title":"[{,\"]"}"#;
    let rows = ["1 http://a/1 一 -", "1 http://a/2 [{,\"] -"];
    assert_eq!(auto(&format!("[{a},{b}]")), rows);
    assert_eq!(auto(&format!("[{a} , {b}, ] \n")), rows, "a comma behind the last one");
    assert_eq!(
        auto(
            "\n[\r\n  {\r\n \"fileUrl\": \"http://a/1\",\r\n  \"title\": \"一\"\r\n},\r\n 5, {\"title\":{}}\n]"
        ),
        [
            "3 http://a/1 一 -",
            "line 7: row: expected a JSON object, got 5",
            "line 7: title: expected text, got an object of 0 members; fileUrl: expected a value, got nothing"
        ]
    );
    assert!(auto("[]").is_empty());
    assert_eq!(
        auto(&format!("[{a},\n{{\"title\":\"x,\n{b}]")),
        [
            "1 http://a/1 一 -",
            "line 2: row: expected a JSON object, got no JSON from column 12 on",
            "END line 2: row: expected the closing bracket of the array, got the end of the file"
        ]
    );
    assert_eq!(
        auto(&format!("[{a}\n")),
        [rows[0], "END line 1: row: expected the closing bracket of the array, got the end of the file"]
    );
    assert_eq!(
        auto(&format!("[{a}]\n{b}")),
        [rows[0], "END line 2: row: expected nothing behind the array, got more text"]
    );
    let long = format!("[{{\"title\":\"{}\"}},{b}]", "x".repeat(MAX_ROW));
    assert_eq!(auto(&long), ["line 1: row: expected at most 65536 bytes of UTF-8, got more", rows[1]]);
}

#[test]
fn lists_of_urls() {
    let text = "\n https://a/c/%E7%AC%AC%E4%B8%80%E8%AF%BE.mp4?x=1,2\r\n\r\nhttp://a/第二课.mp4\r\nftp://a/3.mp4\r\nhttps://a/\n";
    let rows = [
        "2 https://a/c/%E7%AC%AC%E4%B8%80%E8%AF%BE.mp4?x=1,2 第一课 -",
        "4 http://a/第二课.mp4 第二课 -",
        "line 5: fileUrl: expected an http or https URL, got \"ftp://a/3.mp4\"",
        "line 6: title: expected more than white space, got \"\"",
    ];
    assert_eq!(shown(&ReadOptions::new().with_format(Format::Urls), text.as_bytes()), rows);
    assert_eq!(auto(&text.replace(",2", "")), rows.map(|row| row.replace(",2", "")));
    assert_eq!(
        auto("视频链接\nhttp://a/1.mp4\nhttp://a/2,3.mp4\n"),
        ["2 http://a/1.mp4 1 -", "3 http://a/2,3.mp4 2,3 -"],
        "under a header"
    );
}

#[test]
fn formats_by_name() {
    for (name, format) in [
        ("a.csv", Some(Format::Csv)),
        ("A.JSONL", Some(Format::JsonLines)),
        ("a.ndjson", Some(Format::JsonLines)),
        ("a.json", Some(Format::JsonLines)),
        ("a.tsv", Some(Format::Csv)),
        ("a.txt", None),
        ("a", None),
    ] {
        assert_eq!(Format::of_file_name(name), format, "{name}");
    }
    let csv = ReadOptions::new().with_format(Format::Csv).with_delimiter(Delimiter::Comma);
    assert_eq!(shown(&csv, b"{\"title\":\"x\"}\n").len(), 1, "a format that was asked for is not guessed");
}

#[test]
fn a_fault_is_an_error_too() {
    let (rows, _) = read(&ReadOptions::new(), b"fileUrl,title\nftp://a/1,\n");
    let error = Error::from(rows.into_iter().next().unwrap().unwrap_err());
    let json = error.to_json();
    assert_eq!(
        (json["kind"].as_str(), json["operation"].as_str()),
        (Some("invalid"), Some("polyv.upload.urls"))
    );
    assert_eq!(json["violations"][0]["path"], "line 2: fileUrl");
    assert_eq!(json["violations"][1]["path"], "line 2: title");
}
