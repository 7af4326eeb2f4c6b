//! Lists as people have them: what each is read as, and what is said about it.

use super::*;

/// A text, how it is understood, and its rows.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const ONE: &[&str] = &["2 http://a/1 一 -"];

const CASES: &[Case] = &[
    // Separators.
    ("tabs", "fileUrl\ttitle\nhttp://a/1\t一\n", "UTF-8, tabs, 2 of 2 columns used", ONE),
    ("semicolons", "fileUrl;title\nhttp://a/1;一\n", "UTF-8, semicolons, 2 of 2 columns used", ONE),
    ("bars", "fileUrl|title\nhttp://a/1|一\n", "UTF-8, bars, 2 of 2 columns used", ONE),
    (
        "semicolons, and commas in a name",
        "fileUrl;\"a,b,c,d\";title\nhttp://a/1;x,y;一,二\n",
        "UTF-8, semicolons, 2 of 3 columns used",
        &["2 http://a/1 一,二 - a,b,c,d=x,y"],
    ),
    (
        "commas in a URL under tabs",
        "url\tname\nhttp://a/1,2\t一\n",
        "UTF-8, tabs, 2 of 2 columns used",
        &["2 http://a/1,2 一 -"],
    ),
    (
        "a line for spreadsheets",
        "sep=;\r\nurl;title\r\nhttp://a/1;一\r\n",
        "UTF-8, semicolons, 2 of 2 columns used",
        &["3 http://a/1 一 -"],
    ),
    (
        "the same with a mark and quotes",
        "\u{feff}\"sep=,\"\nurl,title\nhttp://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["3 http://a/1 一 -"],
    ),
    (
        "the same with a tab",
        "SEP=\t\nurl\ttitle\nhttp://a/1\t一\n",
        "UTF-8, tabs, 2 of 2 columns used",
        &["3 http://a/1 一 -"],
    ),
    (
        "the same with a rare sign",
        "sep=^\nurl^title\nhttp://a/1^一\n",
        "UTF-8, `^` between cells, 2 of 2 columns used",
        &["3 http://a/1 一 -"],
    ),
    (
        "full-width commas in the header",
        "视频地址，标题，备注\nhttp://a/1,一,s\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 s"],
    ),
    (
        "full-width commas everywhere",
        "视频地址，标题\nhttp://a/1，一\nhttp://a/2,二，三\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一 -", "3 http://a/2 二，三 -"],
    ),
    (
        "full-width and other commas in the header",
        "视频地址，标题,备注\nhttp://a/1,一,s\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 s"],
    ),
    (
        "a full-width comma in a remark",
        "视频地址,标题（必填，最多100字）,备注\nhttp://a/1,一,\n",
        "UTF-8, commas, 3 of 3 columns used",
        ONE,
    ),
    (
        "trailing separators",
        "url,title,,\nhttp://a/1,一,,\nhttp://a/2,二\n,,,\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一 -", "3 http://a/2 二 -"],
    ),
    (
        "more trailing separators than in the header",
        "url,title\nhttp://a/1,一,,,\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    // Line ends.
    ("CRLF", "url,title\r\nhttp://a/1,一\r\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    ("CR", "url,title\rhttp://a/1,一\r", "UTF-8, commas, 2 of 2 columns used", ONE),
    (
        "mixed",
        "url,title\r\nhttp://a/1,一\nhttp://a/2,二\rhttp://a/3,三",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一 -", "3 http://a/2 二 -", "4 http://a/3 三 -"],
    ),
    (
        "CR CR LF",
        "url,title\r\r\nhttp://a/1,一\r\r\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["3 http://a/1 一 -"],
    ),
    (
        "blank lines before and between",
        "\r\n \r\nurl,title\r\n\r\nhttp://a/1,一\r\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["5 http://a/1 一 -"],
    ),
    (
        "JSON lines that end in CR",
        "{\"url\":\"http://a/1\",\"title\":\"一\"}\r\r{\"url\":\"http://a/2\",\"title\":\"二\"}\r",
        "UTF-8, JSON",
        &["1 http://a/1 一 -", "3 http://a/2 二 -"],
    ),
    // Headers.
    ("Chinese", "视频地址,标题\nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    (
        "Chinese, other words",
        "视频链接,视频名称,自定义\nhttp://a/1,一,s\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 s"],
    ),
    (
        "Chinese, still others",
        "播放地址,视频标题,备注\nhttp://a/1,一,s\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 s"],
    ),
    ("Chinese, short", "链接,名称\nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    ("Chinese, shorter", "地址,名称\nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    (
        "traditional characters",
        "影片網址,標題,備註\nhttp://a/1,一,s\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 s"],
    ),
    ("English", "url,title\nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    (
        "English, other words",
        "Link,Name,State\nhttp://a/1,一,s\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 s"],
    ),
    (
        "underscores, hyphens, spaces",
        "file_url,Video-Title\nhttp://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    ("FILE URL", " FILE URL , TITLE \nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    ("full-width letters", "ＵＲＬ,ｔｉｔｌｅ\nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    ("colons", "视频地址：,标题:\nhttp://a/1,一\n", "UTF-8, commas, 2 of 2 columns used", ONE),
    (
        "what must be filled in",
        "*视频地址,标题（必填）\nhttp://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    (
        "white space within",
        "视 频 地 址,标\u{3000}题\nhttp://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    (
        "invisible characters",
        "\u{200b}fileUrl,title\u{200b}\nhttp://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    (
        "a line end in a name",
        "\"视频\n地址\",标题\nhttp://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["3 http://a/1 一 -"],
    ),
    (
        "a header in line 3",
        "2026 年秋季课程\n制表人:张三,,\n视频地址,标题,班级\nhttp://a/1,一,甲\n",
        "UTF-8, commas, 2 of 3 columns used",
        &["4 http://a/1 一 - 班级=甲"],
    ),
    (
        "other columns",
        "序号,url,老师,title,年级\n1,http://a/1,张三,一,\n",
        "UTF-8, commas, 2 of 5 columns used",
        &["2 http://a/1 一 - 序号=1 老师=张三"],
    ),
    (
        "a column without a name",
        ",url,title\n0,http://a/1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一 - column 1=0"],
    ),
    (
        "seventy columns",
        "url,title,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c,c\nhttp://a/1,一,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
        "UTF-8, commas, 2 of 70 columns used",
        ONE,
    ),
    ("a header alone", "url,title\n", "UTF-8, commas, 2 of 2 columns used", &[]),
    // Cells.
    (
        "invisible characters around",
        "url,title\nhttp://a/1\u{200b},\u{feff}一\u{2060}\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    (
        "the same in a URL",
        "url,title\nhttp://a/\u{200b}1,一\n",
        "UTF-8, commas, 2 of 2 columns used",
        &[
            "line 2: fileUrl: expected an http or https URL, got \"http://a/\u{fffd}1\" (with U+200B, which nobody sees)",
        ],
    ),
    (
        "the same in a title",
        "url,title\nhttp://a/1,一\u{200d}二\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一\u{200d}二 -"],
    ),
    (
        "a mark in the middle",
        "url,title\nhttp://a/1,一\n\u{feff}http://a/2,二\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一 -", "3 http://a/2 二 -"],
    ),
    (
        "long numbers",
        "url,title,state\nhttp://a/1,一,20261128175500123456789\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 20261128175500123456789"],
    ),
    (
        "digits that a spreadsheet must keep",
        "url,title,state\nhttp://a/1,一,=\"007\"\nhttp://a/2,二,\"=\"\"008\"\"\"\nhttp://a/3,三,\"\t009\"\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 一 007", "3 http://a/2 二 008", "4 http://a/3 三 009"],
    ),
    (
        "digits that a spreadsheet lost",
        "url,title,state\nhttp://a/1,一,2.02611E+22\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["line 2: state: expected all digits of the number; format the column as text, got \"2.02611E+22\""],
    ),
    (
        "fractions stay",
        "url,title,state\nhttp://a/1,1.0,3.10\n",
        "UTF-8, commas, 3 of 3 columns used",
        &["2 http://a/1 1.0 3.10"],
    ),
    (
        "quotes around everything",
        "\"url\",\"title\"\n\"http://a/1\",\"一\"\n",
        "UTF-8, commas, 2 of 2 columns used",
        ONE,
    ),
    (
        "quotes, line ends and separators",
        "url;title\nhttp://a/1;\"一;\"\"二\"\"\r\n三\"\n",
        "UTF-8, semicolons, 2 of 2 columns used",
        &["2 http://a/1 一;\"二\"\r\n三 -"],
    ),
    (
        "white space around quotes",
        "url, title\n\"http://a/1\" , \"一, 二\" \n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一, 二 -"],
    ),
    (
        "a quote within",
        "url,title\nhttp://a/1,24\" 屏\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 24\" 屏 -"],
    ),
    (
        "the header again",
        "url,title\nhttp://a/1,一\nurl,title\n",
        "UTF-8, commas, 2 of 2 columns used",
        &["2 http://a/1 一 -", "line 3: fileUrl: expected an http or https URL, got \"url\""],
    ),
    // Lists of URLs.
    (
        "URLs",
        "http://a/b/1.mp4\nhttp://a/b/%E4%BA%8C.mp4\n",
        "UTF-8, one URL a line",
        &["1 http://a/b/1.mp4 1 -", "2 http://a/b/%E4%BA%8C.mp4 二 -"],
    ),
    (
        "one URL without a line end",
        "HTTPS://a/b/1.mp4",
        "UTF-8, one URL a line",
        &["1 HTTPS://a/b/1.mp4 1 -"],
    ),
    (
        "URLs in quotes",
        "\"http://a/1.mp4\"\n\"http://a/2.mp4\"\n",
        "UTF-8, one URL a line",
        &["1 http://a/1.mp4 1 -", "2 http://a/2.mp4 2 -"],
    ),
    ("URLs under a name", "播放地址\nhttp://a/1.mp4\n", "UTF-8, one column", &["2 http://a/1.mp4 1 -"]),
    // JSON.
    ("JSON lines", "{\"fileUrl\":\"http://a/1\",\"title\":\"一\"}\n", "UTF-8, JSON", &["1 http://a/1 一 -"]),
    (
        "JSON lines, other names",
        "{\"视频地址\":\"http://a/1\",\"Name\":\"一\",\"备注\":7}\n",
        "UTF-8, JSON",
        &["1 http://a/1 一 7"],
    ),
    (
        "JSON lines, other members",
        "{\"url\":\"http://a/1\",\"title\":\"一\",\"id\":12345678901234567890123,\"ok\":true}\n",
        "UTF-8, JSON",
        &["1 http://a/1 一 - id=12345678901234567890123 ok=true"],
    ),
    (
        "a JSON array",
        " [ {\"url\":\"http://a/1\",\"title\":\"一\"},\n{\"url\":\"http://a/2\",\"title\":\"二\"} ]",
        "UTF-8, JSON",
        &["1 http://a/1 一 -", "2 http://a/2 二 -"],
    ),
    (
        "invisible characters in JSON",
        "{\"fileUrl\":\"http://a/1\\u200b\",\"title\":\"一\\ufeff\"}\n{\"fileUrl\":\"http://a/\\u00ad2\",\"title\":\"二\"}",
        "UTF-8, JSON",
        &[
            "1 http://a/1 一 -",
            "line 2: fileUrl: expected an http or https URL, got \"http://a/\u{fffd}2\" (with U+00AD, which nobody sees)",
        ],
    ),
];

#[test]
fn lists_as_people_have_them() {
    assert!(CASES.len() >= 60, "{}", CASES.len());
    for (what, text, reading, rows) in CASES {
        assert_eq!(auto(text), *rows, "{what}");
        let mut reader = Reader::new(ReadOptions::new());
        let mut ignored = Vec::new();
        reader.feed(text.as_bytes(), &mut ignored).unwrap();
        reader.finish(&mut ignored).unwrap();
        assert_eq!(reader.reading().unwrap().to_string(), *reading, "{what}");
    }
}

#[test]
fn separators_that_are_asked_for() {
    let text = "url;x,title;y\nhttp://a/1;x,一\n";
    let options = ReadOptions::new().with_delimiter(Delimiter::Comma).with_column("fileUrl", "url;x");
    let options = options.with_column("title", "title;y");
    assert_eq!(shown(&options, text.as_bytes()), ["2 http://a/1;x 一 -"]);
    let tabs = ReadOptions::new().with_delimiter(Delimiter::Tab);
    assert_eq!(shown(&tabs, b"sep=,\nurl\ttitle\nhttp://a/1\tx\n"), ["3 http://a/1 x -"], "it wins");
}
