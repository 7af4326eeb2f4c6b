//! Lists: how one is read, how large the chunks are, and its bytes.

use vod_core::import::{Encoding, Format, ReadOptions, Reader, Row, RowError, TitleRow, read_titles};

/// How the chunks are cut makes no difference. Good rows are read the same after being written again.
pub fn run(data: &[u8]) {
    let [how, chunk, list @ ..] = data else { return };
    let encoding = [Encoding::Auto, Encoding::Utf8, Encoding::Gbk, Encoding::Auto][usize::from(how & 3)];
    if how & 0x10 != 0 {
        return titles(list, encoding);
    }
    let mut options = ReadOptions::new().with_encoding(encoding);
    options.format =
        [None, Some(Format::Csv), Some(Format::JsonLines), Some(Format::Urls)][usize::from(how >> 2 & 3)];

    let (rows, end) = read(&options, list, list.len());
    let in_chunks = read(&options, list, usize::from(*chunk));
    assert_eq!((&rows, &end), (&in_chunks.0, &in_chunks.1));

    for fault in rows.iter().filter_map(|row| row.as_ref().err()).chain(&end) {
        assert!(!fault.to_string().contains('\n'), "{fault}");
        assert!(!fault.violations.is_empty());
    }
    // A cell that seems to have another row in it is refused in CSV, and is good in JSON.
    let several = |text: &str| text.split_once(['\r', '\n']).is_some_and(|(_, rest)| rest.contains("://"));
    let good: Vec<_> = rows
        .iter()
        .flatten()
        .map(|row| &row.info)
        .filter(|info| !several(&info.title) && !info.state.as_deref().is_some_and(several))
        .collect();
    let mut csv = String::from("fileUrl,title,state\n");
    let mut lines = String::new();
    for info in &good {
        let state = info.state.as_deref().unwrap_or_default();
        csv += &format!("{},{},{}\n", cell(&info.file_url), cell(&info.title), cell(state));
        let line = serde_json::json!({ "fileUrl": info.file_url, "title": info.title, "state": info.state });
        lines += &format!("{line}\n");
    }
    for (text, format) in [(csv, Format::Csv), (lines, Format::JsonLines)] {
        let options = ReadOptions::new().with_format(format).with_encoding(Encoding::Utf8);
        let (again, end) = read(&options, text.as_bytes(), text.len());
        assert_eq!(end, None, "{text}");
        let again: Vec<_> = again.into_iter().map(|row| row.map(|row| row.info)).collect();
        assert_eq!(
            again.iter().map(Result::as_ref).collect::<Result<Vec<_>, _>>(),
            Ok(good.clone()),
            "{text}"
        );
    }
}

type Rows = (Vec<Result<Row, RowError>>, Option<RowError>);

fn read(options: &ReadOptions, list: &[u8], chunk: usize) -> Rows {
    let mut reader = Reader::new(options.clone());
    let mut rows = Vec::new();
    for chunk in list.chunks(chunk.max(1)) {
        if let Err(fault) = reader.feed(chunk, &mut rows) {
            return (rows, Some(fault));
        }
    }
    let end = reader.finish(&mut rows).err();
    (rows, end)
}

fn titles(list: &[u8], encoding: Encoding) {
    let rows = match read_titles(list, encoding) {
        Ok(rows) => rows,
        Err(faults) => return assert!(!faults.is_empty()),
    };
    let mut csv = String::from("file,title,description,category,tags,state\n");
    for (_, row) in &rows {
        let TitleRow { file, title, description, category, tags, state, .. } = row;
        let category = category.map(|number| number.to_string());
        for (text, end) in [(Some(file), ","), (Some(title), ","), (description.as_ref(), ",")] {
            csv += &(cell(text.map_or("", String::as_str)) + end);
        }
        for (text, end) in [(category.as_ref(), ","), (tags.as_ref(), ","), (state.as_ref(), "\n")] {
            csv += &(cell(text.map_or("", String::as_str)) + end);
        }
    }
    let again = read_titles(csv.as_bytes(), Encoding::Utf8);
    let again = again.unwrap_or_else(|faults| panic!("{faults:?} in {csv}"));
    let infos = |rows: &[(u64, TitleRow)]| rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>();
    assert_eq!(infos(&again), infos(&rows), "{csv}");
}

/// A cell in quotes.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Lists of each format and encoding.
pub fn seeds() -> Vec<Vec<u8>> {
    let csv = "fileUrl,title,state\r\nhttps://cdn.example.com/01.mp4,\"第一课, \"\"引言\"\"\",row-1\r\n\r\nftp://a,,\r\n";
    let gbk = b"title,fileUrl\n\xb5\xda\xd2\xbb\xbf\xce,http://cdn.example.com/1.mp4\n";
    let lines =
        "{\"fileUrl\":\"https://cdn.example.com/1.mp4\",\"title\":\"一\"}\n\n{\"title\":5,\"x\":null}\n[1]\n";
    let titles = "file,title,description,category,tags,state\n01.mp4,第一课,d,7,\"数学,初一\",s\n";
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    [
        (0x00, csv.as_bytes()),
        (0x04, csv.as_bytes()),
        (0x02, gbk),
        (0x00, lines.as_bytes()),
        (0x09, lines.as_bytes()),
        (0x00, "[{\"url\":\"https://cdn.example.com/1.mp4\",\"标题\":7},\n{}]".as_bytes()),
        (0x00, "https://cdn.example.com/%E4%B8%80.mp4\r\n".as_bytes()),
        (0x00, "sep=;\n链接;名称;班级\nhttps://cdn.example.com/1.mp4;=\"007\";甲\n".as_bytes()),
        (0x00, &utf16),
        (0x10, titles.as_bytes()),
        (0x12, titles.as_bytes()),
    ]
    .map(|(how, list)| [&[how, 7], list].concat())
    .to_vec()
}
