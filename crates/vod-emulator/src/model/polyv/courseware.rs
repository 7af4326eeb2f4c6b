//! Slides beside videos. Nothing is converted: slides exist at once, one page for each started 64 KiB of
//! their file or for each line of their timing, and every picture is the file itself.

use super::{Call, Outcome, Refusal, Reply, callback};
use crate::model::Model;
use crate::model::callback::Provider;
use crate::model::multipart::FilePart;
use crate::model::route::Route;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    // The provider's spelling.
    Route::polyv(
        "polyv.courseware.upload",
        &["POST"],
        "/v2/video/{userid}/uploadPPT/asyn",
        &["vid", "courseware", "format"],
        upload,
    ),
    Route::polyv(
        "polyv.courseware.upload_with_timing",
        &["POST"],
        "/v2/video/{userid}/uploadPPT",
        &["vid", "ppt", "txt", "format"],
        upload_with_timing,
    ),
    Route::polyv("polyv.courseware.get", &["GET"], "/v2/video/{userid}/getPPTPage", &["vid"], get),
    Route::polyv("polyv.courseware.delete", &["POST"], "/v2/video/{userid}/deletePPT", &["vid"], delete),
];

const MAX_SLIDES: usize = 50 << 20;
/// The bytes of a file for each page.
const PAGE: usize = 64 << 10;

/// The slides of each video.
#[derive(Debug, Default)]
pub(crate) struct Store(BTreeMap<String, Slides>);

#[derive(Debug)]
struct Slides {
    url: String,
    pages: Vec<Page>,
}

#[derive(Debug)]
struct Page {
    title: String,
    second: u64,
}

impl Slides {
    /// A picture for each page.
    fn images(&self) -> Value {
        let images = self.pages.iter().zip(1..);
        images.map(|(page, number)| json!({ "pageNo": number, "pageTitle": page.title, "pageImage": self.url, "pageThumbnail": self.url })).collect()
    }
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, vid: &str) {
        self.0.remove(vid);
    }

    pub(crate) fn json(&self) -> Value {
        let slides = self
            .0
            .iter()
            .map(|(vid, slides)| (vid.clone(), json!({ "url": slides.url, "pages": slides.pages.len() })));
        Value::Object(slides.collect())
    }
}

fn upload(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call)?;
    let file = slides(call, "courseware")?;
    let pages = (1..=file.bytes.len().div_ceil(PAGE))
        .map(|number| Page { title: format!("第{number}页"), second: 0 })
        .collect();
    keep(model, call, vid, file, pages)
}

fn upload_with_timing(model: &mut Model, call: &Call<'_>) -> Outcome {
    let vid = video(model, call)?;
    let file = slides(call, "ppt")?;
    let timing = call
        .file("txt")
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new("txt can not be empty."))?;
    if timing.extension() != "txt" {
        return Err(Refusal::new(format!("txt: `{}` is no txt", timing.file_name)));
    }
    let pages = pages(&timing.bytes)?;
    keep(model, call, vid, file, pages)
}

/// Replaces the slides of a video.
fn keep(model: &mut Model, call: &Call<'_>, vid: String, file: &FilePart, pages: Vec<Page>) -> Outcome {
    let url = model.keep_file(&file.content_type, &file.extension(), file.bytes.clone());
    let slides = Slides { url, pages };
    if model.calls_back(Provider::Polyv) {
        let images = slides.images();
        model.call_back(call.now, &callback::converted(&vid, &images));
    }
    model.polyv.courseware.0.insert(vid, slides);
    Ok(Reply::success("ppt上传成功"))
}

fn video(model: &Model, call: &Call<'_>) -> Result<String, Refusal> {
    call.json_only()?;
    let vid = call.required("vid")?;
    model.polyv.known("vid", &[vid])?;
    Ok(vid.to_owned())
}

fn slides<'c>(call: &'c Call<'_>, field: &str) -> Result<&'c FilePart, Refusal> {
    let file = call
        .file(field)
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new(format!("{field} can not be empty.")))?;
    if !["ppt", "pptx", "pdf"].contains(&file.extension().as_str()) {
        return Err(Refusal::new("文件类型必须为ppt、pptx或pdf"));
    }
    if file.bytes.len() > MAX_SLIDES {
        return Err(Refusal::new("ppt文件不能超过50M"));
    }
    Ok(file)
}

/// A page for each line `second:title`. Text that is not UTF-8 is garbled, as the provider's documentation
/// warns.
fn pages(text: &[u8]) -> Result<Vec<Page>, Refusal> {
    let text = String::from_utf8_lossy(text);
    let lines =
        text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let pages = lines.map(|(index, line)| {
        let (second, title) = line
            .split_once([':', '：'])
            .ok_or_else(|| Refusal::new(format!("txt: line {} is not second:title", index + 1)))?;
        let second = second
            .trim()
            .parse()
            .map_err(|_| Refusal::new(format!("txt: line {} does not begin with a second", index + 1)))?;
        Ok(Page { title: title.trim().to_owned(), second })
    });
    pages.collect()
}

fn none() -> Refusal {
    Refusal::new("该视频尚未关联课件")
}

fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let slides = model.polyv.courseware.0.get(call.required("vid")?).ok_or_else(none)?;
    let mut pages = slides.images();
    if let Some(shown) = pages.as_array_mut() {
        shown.iter_mut().zip(&slides.pages).for_each(|(image, page)| image["showTime"] = page.second.into());
    }
    Ok(Reply::success(pages))
}

/// The answer has no data member.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    model.polyv.courseware.0.remove(call.required("vid")?).ok_or_else(none)?;
    Ok(Reply::Body(json!({ "code": 200, "status": "success", "message": "success" })))
}

#[cfg(test)]
mod tests {
    use crate::model::testing::Bench;
    use serde_json::{Value, json};

    const UPLOAD: &str = "/v2/video/{}/uploadPPT/asyn";
    const TIMED: &str = "/v2/video/{}/uploadPPT";
    const GET: &str = "/v2/video/{}/getPPTPage";
    const DELETE: &str = "/v2/video/{}/deletePPT";

    #[test]
    fn slides_come_and_go() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 1);
        let none = |bench: &mut Bench, vid: &str| {
            for (method, path) in [("GET", GET), ("POST", DELETE)] {
                let seen = bench.polyv(method, path, &[("vid", vid)]);
                assert_eq!((seen.code, seen.message.as_str()), (400, "该视频尚未关联课件"));
            }
        };
        none(&mut bench, &vid);
        assert_eq!(
            bench.upload(UPLOAD, &[("vid", &vid)], &[("courseware", "a.PPTX", "", &[0; 65_537])]).data,
            "ppt上传成功"
        );
        let pages = bench.polyv("GET", GET, &[("vid", &vid)]).data;
        assert_eq!(
            (pages.as_array().unwrap().len(), &pages[1]["pageNo"], &pages[1]["pageTitle"]),
            (2, &json!(2), &json!("第2页"))
        );

        let timing = "\u{feff}0:第一页\r\n\n95：第二页: 力\n".as_bytes();
        assert_eq!(
            bench
                .upload(TIMED, &[("vid", &vid)], &[("ppt", "a.pdf", "", b"x"), ("txt", "a.txt", "", timing)])
                .data,
            "ppt上传成功"
        );
        let pages = bench.polyv("GET", GET, &[("vid", &vid)]).data;
        let shown: Vec<(&Value, &Value)> =
            pages.as_array().unwrap().iter().map(|page| (&page["pageTitle"], &page["showTime"])).collect();
        assert_eq!(shown, [(&json!("第一页"), &json!(0)), (&json!("第二页: 力"), &json!(95))]);

        let gone = bench.polyv("POST", DELETE, &[("vid", &vid)]);
        assert_eq!((gone.code, gone.data.get("data")), (200, None), "no data member at all");
        none(&mut bench, &vid);
        bench.upload(UPLOAD, &[("vid", &vid)], &[("courseware", "a.ppt", "", b"x")]);
        bench.model.polyv.forget(&vid);
        none(&mut bench, &vid);
    }

    #[test]
    fn titles_in_another_encoding_come_out_garbled() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 1);
        let gbk = b"0:\xb5\xda\xd2\xbb";
        assert_eq!(
            bench
                .upload(TIMED, &[("vid", &vid)], &[("ppt", "a.pdf", "", b"x"), ("txt", "a.txt", "", gbk)])
                .code,
            200
        );
        assert!(
            bench.polyv("GET", GET, &[("vid", &vid)]).data[0]["pageTitle"]
                .as_str()
                .unwrap()
                .contains('\u{fffd}')
        );
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let vid = bench.video("一", 1);
        let big = vec![0; (50 << 20) + 1];
        type File<'a> = (&'a str, &'a str, &'a str, &'a [u8]);
        let cases: Vec<(&str, Vec<File<'_>>, &str)> = vec![
            ("x", vec![("courseware", "a.ppt", "", b"x")], "vid: no video `x`"),
            (&vid, vec![], "courseware can not be empty."),
            (&vid, vec![("courseware", "a.key", "", b"x")], "文件类型必须为ppt、pptx或pdf"),
            (&vid, vec![("courseware", "a.ppt", "", &big)], "ppt文件不能超过50M"),
            (&vid, vec![("courseware", "a.ppt", "", &big[1..])], "success"),
        ];
        for (vid, files, expected) in cases {
            assert_eq!(bench.upload(UPLOAD, &[("vid", vid)], &files).message, expected);
        }
        let slides = ("ppt", "a.ppt", "", b"x".as_slice());
        for (name, text, expected) in [
            ("a.txt", "", "txt can not be empty."),
            ("a.csv", "0:一", "txt: `a.csv` is no txt"),
            ("a.txt", "0:一\n第二页", "txt: line 2 is not second:title"),
            ("a.txt", "x:一", "txt: line 1 does not begin with a second"),
        ] {
            assert_eq!(
                bench.upload(TIMED, &[("vid", &vid)], &[slides, ("txt", name, "", text.as_bytes())]).message,
                expected
            );
        }
    }
}
