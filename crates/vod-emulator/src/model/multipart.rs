//! Multipart forms (RFC 7578), parsed strictly: what a lenient server would ignore is an error that says
//! where.
//!
//! Written here because the maintained parsers are asynchronous and lenient, while the model is a function of
//! a complete request.

use bytes::Bytes;
use memchr::memmem;
use percent_encoding::percent_decode_str;

/// More than any operation has.
const MAX_PARTS: usize = 256;
/// Longest head of one part, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// A file in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePart {
    /// Name of the field.
    pub(crate) field: String,
    pub(crate) file_name: String,
    /// Empty when the part has none.
    pub(crate) content_type: String,
    pub(crate) bytes: Bytes,
}

impl FilePart {
    /// The extension of the file's name, in lower case; empty if there is none.
    pub(crate) fn extension(&self) -> String {
        self.file_name
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase())
            .unwrap_or_default()
    }
}

/// A parsed form: texts by name in the order sent, and files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) texts: Vec<(String, String)>,
    pub(crate) files: Vec<FilePart>,
}

/// Parses a body of `multipart/form-data`; the error is the reason.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Result<Form, String> {
    let boundary = parameters(content_type)
        .find_map(|(name, value)| name.eq_ignore_ascii_case("boundary").then_some(value));
    let boundary = boundary.ok_or("the content-type has no boundary")?;
    if boundary.is_empty() || boundary.len() > 70 || !boundary.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Err(format!("the boundary has {} bytes, 1 to 70 printable ones are allowed", boundary.len()));
    }
    let first = format!("--{boundary}");
    if !body.starts_with(first.as_bytes()) {
        return Err("the body does not begin with the boundary".to_owned());
    }
    let delimiter = format!("\r\n--{boundary}");
    let finder = memmem::Finder::new(delimiter.as_bytes());
    let mut form = Form::default();
    let mut at = first.len();
    for part in 0.. {
        let rest = &body[at..];
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            return if epilogue.is_empty() || epilogue == b"\r\n" {
                Ok(form)
            } else {
                Err(format!("{} bytes after the last boundary", epilogue.len()))
            };
        }
        if part == MAX_PARTS {
            return Err(format!("more than {MAX_PARTS} parts"));
        }
        let place = |what: &str| format!("part {part}: {what}");
        if !rest.starts_with(b"\r\n") {
            return Err(place("no line break after the boundary, or no boundary at the end"));
        }
        // The search starts at the line break, so that a part without headers has an empty head.
        let head_end = memmem::find(&rest[..rest.len().min(MAX_HEAD)], b"\r\n\r\n")
            .ok_or_else(|| place("its head does not end"))?;
        let head = std::str::from_utf8(&rest[2.min(head_end)..head_end])
            .map_err(|_| place("its head is not UTF-8"))?;
        let start = at + head_end + 4;
        let end = start + finder.find(&body[start..]).ok_or_else(|| place("no boundary after it"))?;
        add(&mut form, head, body.slice(start..end)).map_err(|reason| place(&reason))?;
        at = end + delimiter.len();
    }
    Ok(form)
}

fn add(form: &mut Form, head: &str, bytes: Bytes) -> Result<(), String> {
    let (mut field, mut file_name, mut content_type) = (None, None, String::new());
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-disposition") {
            let kind = value.split(';').next().unwrap_or_default().trim();
            if !kind.eq_ignore_ascii_case("form-data") {
                return Err(format!("content-disposition is `{kind}`, not form-data"));
            }
            for (name, value) in parameters(value) {
                match name.to_ascii_lowercase().as_str() {
                    "name" => field = Some(unescaped(&value)),
                    "filename" if file_name.is_none() => file_name = Some(unescaped(&value)),
                    // The format of RFC 5987, which some clients send for non-ASCII names.
                    "filename*" => {
                        file_name = Some(extended(&value).ok_or("filename* is not of the form utf-8''name")?);
                    }
                    _ => {}
                }
            }
        } else if name.eq_ignore_ascii_case("content-type") {
            value.clone_into(&mut content_type);
        } else if name.eq_ignore_ascii_case("content-transfer-encoding")
            && !["binary", "8bit", "7bit"].iter().any(|plain| value.eq_ignore_ascii_case(plain))
        {
            return Err(format!("content-transfer-encoding `{value}` is not read"));
        }
    }
    let field = field.filter(|field| !field.is_empty()).ok_or("no name in its content-disposition")?;
    match file_name {
        Some(file_name) => form.files.push(FilePart { field, file_name, content_type, bytes }),
        None => {
            let text =
                std::str::from_utf8(&bytes).map_err(|_| format!("the text of `{field}` is not UTF-8"))?;
            form.texts.push((field, text.to_owned()));
        }
    }
    Ok(())
}

/// The `name=value` pairs after the first `;` of a header's value; quotes and escapes are removed.
fn parameters(value: &str) -> impl Iterator<Item = (&str, String)> {
    let mut rest = value.split_once(';').map_or("", |(_, rest)| rest);
    std::iter::from_fn(move || {
        let (name, tail) = rest.split_once('=')?;
        let mut text = String::new();
        rest = match tail.strip_prefix('"') {
            Some(quoted) => {
                let mut characters = quoted.char_indices();
                let mut end = quoted.len();
                while let Some((index, c)) = characters.next() {
                    match c {
                        '"' => {
                            end = index + 1;
                            break;
                        }
                        // Only a quote and a backslash are escaped: a file name may contain a Windows path.
                        '\\' if quoted[index + 1..].starts_with(['"', '\\']) => {
                            text.extend(characters.next().map(|(_, c)| c));
                        }
                        _ => text.push(c),
                    }
                }
                quoted[end..].split_once(';').map_or("", |(_, rest)| rest)
            }
            None => {
                let (value, rest) = tail.split_once(';').unwrap_or((tail, ""));
                value.trim().clone_into(&mut text);
                rest
            }
        };
        Some((name.trim(), text))
    })
}

/// Browsers percent-escape exactly these three characters.
fn unescaped(value: &str) -> String {
    value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    charset.eq_ignore_ascii_case("utf-8").then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=b-1";

    fn parsed(body: &str) -> Result<Form, String> {
        parse(TYPE, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn texts_and_files() {
        let body = "--b-1\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n片头\r\n--Not it\r\n--b-1\r\n\
            content-type: image/png\r\nContent-Disposition: form-data; name=image; filename=\"a \\\"b\\\";c:\\d.png\"\r\n\r\n\r\n\r\n--b-1\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"x\"; filename*=UTF-8''%E7%89%87.txt\r\nContent-Transfer-Encoding: binary\r\n\r\nz\r\n--b-1--\r\n";
        let form = parsed(body).unwrap();
        assert_eq!(form.texts, [("title".to_owned(), "片头\r\n--Not it".to_owned())]);
        let names: Vec<_> = form
            .files
            .iter()
            .map(|file| {
                (file.field.as_str(), file.file_name.as_str(), file.content_type.as_str(), &file.bytes[..])
            })
            .collect();
        assert_eq!(
            names,
            [("image", "a \"b\";c:\\d.png", "image/png", &b"\r\n"[..]), ("f", "片.txt", "", &b"z"[..])]
        );
        assert_eq!(
            parse("multipart/form-data; charset=utf-8; boundary=\"b 1\"", &Bytes::from_static(b"--b 1--")),
            Ok(Form::default())
        );
    }

    #[test]
    fn broken_forms_by_table() {
        let head = "--b-1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n";
        let cases = [
            (String::new(), "the body does not begin with the boundary"),
            ("--b-2--".to_owned(), "the body does not begin with the boundary"),
            ("--b-1".to_owned(), "part 0: no line break after the boundary, or no boundary at the end"),
            ("--b-1--x".to_owned(), "1 bytes after the last boundary"),
            ("--b-1\r\n".to_owned(), "part 0: its head does not end"),
            (format!("{head}text"), "part 0: no boundary after it"),
            (format!("{head}text\r\n--b-1"), "part 1: no line break after the boundary, or no boundary at the end"),
            ("--b-1\r\n\r\ntext\r\n--b-1--".to_owned(), "part 0: a header without a colon"),
            ("--b-1\r\nA: b\r\n\r\ntext\r\n--b-1--".to_owned(), "part 0: no name in its content-disposition"),
            ("--b-1\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--b-1--".to_owned(), "part 0: content-disposition is `attachment`, not form-data"),
            (
                "--b-1\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n--b-1--".to_owned(),
                "part 0: content-transfer-encoding `base64` is not read",
            ),
            ("--b-1\r\nContent-Disposition: form-data; name=a; filename*=x\r\n\r\n\r\n--b-1--".to_owned(), "part 0: filename* is not of the form utf-8''name"),
            (format!("{}--b-1--", format!("{head}\r\n").repeat(MAX_PARTS + 1)), "more than 256 parts"),
        ];
        for (body, expected) in cases {
            assert_eq!(parsed(&body).unwrap_err(), expected, "{body:.80}");
        }
        for (content_type, expected) in [
            ("multipart/form-data", "the content-type has no boundary"),
            (
                "multipart/form-data; boundary=",
                "the boundary has 0 bytes, 1 to 70 printable ones are allowed",
            ),
        ] {
            assert_eq!(parse(content_type, &Bytes::new()).unwrap_err(), expected);
        }
        let not_utf8 = [head.as_bytes(), b"\xff\r\n--b-1--"].concat();
        assert_eq!(parse(TYPE, &not_utf8.into()).unwrap_err(), "part 0: the text of `a` is not UTF-8");
    }
}
