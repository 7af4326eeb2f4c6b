//! Ads that play before, in or after videos.
//!
//! Chosen where the reference is silent: the kind of a file is that of its name's extension; fields omitted
//! in a change keep their values; categories are not looked up; an ad counts as played with every play of its
//! categories' videos, on its days and at its times of day, according to the log of plays.

use super::times::{DAY_MILLIS, day_start};
use super::{Call, Outcome, Page, Refusal, Reply, State};
use crate::model::Model;
use crate::model::multipart::FilePart;
use crate::model::route::Route;
use jiff::civil::{Date, Time};
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.advertising.create",
        &["POST"],
        "/v2/advertising/{userid}/create",
        FIELDS.split_at(1).1,
        create,
    ),
    Route::polyv(
        "polyv.advertising.list",
        &["GET"],
        "/v2/advertising/{userid}/list",
        &["page", "pageSize"],
        list,
    ),
    Route::polyv("polyv.advertising.update", &["POST"], "/v2/advertising/{userid}/edit", FIELDS, update),
    Route::polyv("polyv.advertising.delete", &["POST"], "/v2/advertising/{userid}/delete", &["adid"], delete),
];

/// The fields of a change; a new ad has no id yet.
const FIELDS: &[&str] = &[
    "adid",
    "startDate",
    "endDate",
    "title",
    "file",
    "size",
    "cataids",
    "location",
    "popLocation",
    "popUpTime",
    "status",
    "upTime",
    "offTime",
    "note",
    "skipAd",
    "skipOffset",
    "skipButtonLabel",
];

/// Before the video, on pause, after the video, as a pop-up.
const LOCATIONS: [&str; 4] = ["1", "2", "3", "4"];
const BEFORE: i64 = 1;
const ON_PAUSE: i64 = 2;
const POP_UP: i64 = 4;
/// 00:00:00 in China as the list writes it: an instant of 1970-01-01.
const MIDNIGHT: i64 = -28_800_000;
/// Most categories of an ad.
const MAX_CATEGORIES: usize = 1000;

/// The ads of the account, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Store {
    ads: Vec<Ad>,
}

#[derive(Clone, Debug)]
struct Ad {
    id: String,
    title: String,
    note: Option<String>,
    /// Where its file is served.
    url: String,
    seconds: Option<i64>,
    categories: Vec<i64>,
    location: i64,
    corner: Option<i64>,
    pops_up_at: Option<i64>,
    status: i64,
    first_day: Date,
    last_day: Date,
    from: Time,
    until: Time,
    skippable: bool,
    skip_after: Option<i64>,
    skip_label: String,
    changed: i64,
}

impl Store {
    /// Removes the data of a video that is deleted permanently.
    pub(crate) fn forget(&mut self, _vid: &str) {}

    pub(crate) fn json(&self) -> Value {
        let ads = self.ads.iter().map(|ad| {
            json!({
                "adid": ad.id, "title": ad.title, "note": ad.note, "file": ad.url, "size": ad.seconds, "cataids": ad.categories,
                "location": ad.location, "popLocation": ad.corner, "popUpTime": ad.pops_up_at, "status": ad.status,
                "startDate": ad.first_day.to_string(), "endDate": ad.last_day.to_string(),
                "upTime": ad.from.to_string(), "offTime": ad.until.to_string(),
                "skipAd": ad.skippable, "skipOffset": ad.skip_after, "skipButtonLabel": ad.skip_label,
            })
        });
        ads.collect()
    }
}

fn create(model: &mut Model, call: &Call<'_>) -> Outcome {
    let file = file(call)?.ok_or_else(|| Refusal::new("file is empty."))?;
    call.required("startDate")?;
    call.required("endDate")?;
    let mut ad = Ad {
        id: String::new(),
        title: call.required("title")?.to_owned(),
        note: None,
        url: String::new(),
        seconds: None,
        categories: vec![1],
        location: BEFORE,
        corner: None,
        pops_up_at: None,
        status: 10,
        first_day: Date::MIN,
        last_day: Date::MAX,
        from: Time::MIN,
        until: Time::constant(23, 59, 59, 0),
        skippable: false,
        skip_after: None,
        skip_label: "跳过".to_owned(),
        changed: call.now,
    };
    ad.set(call)?;
    ad.check(Some(file))?;
    ad.id = model.random.hex(20);
    ad.url = keep(model, file);
    let id = ad.id.clone();
    model.polyv.ads.ads.push(ad);
    Ok(Reply::success(id))
}

/// A page of the ads, newest first. It has more members than most pages, but not the page's size.
fn list(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of(call)?;
    let ads = &model.polyv.ads.ads;
    let mut data = page.placed_json(ads.iter().rev(), |ad| row(model, ad));
    data["activePageNum"] = page.number.min(page.pages(ads.len()).max(1)).into();
    Ok(Reply::success(data))
}

fn row(model: &Model, ad: &Ad) -> Value {
    let categories: Vec<String> = ad.categories.iter().map(i64::to_string).collect();
    json!({
        "adid": ad.id,
        "title": ad.title,
        "note": ad.note,
        "userid": model.config.credentials.polyv_user_id,
        // A text on one page of the reference, a number on another; the same holds for the categories.
        "location": ad.location.to_string(),
        "matterurl": ad.url,
        "size": ad.seconds.unwrap_or(0),
        "playnum": ad.plays(&model.polyv),
        "addrurl": null,
        "isstatis": 2,
        "uptime": MIDNIGHT + millis_of_day(ad.from),
        "offtime": MIDNIGHT + millis_of_day(ad.until),
        "startdate": day_start(ad.first_day),
        "enddate": day_start(ad.last_day),
        "ptime": ad.changed,
        "status": ad.status,
        "popuptime": ad.pops_up_at,
        "cataids": categories.join(","),
        "poplocation": ad.corner,
    })
}

fn update(model: &mut Model, call: &Call<'_>) -> Outcome {
    let index = find(model, call)?;
    let file = file(call)?;
    let mut ad = model.polyv.ads.ads[index].clone();
    ad.set(call)?;
    ad.check(file)?;
    if let Some(file) = file {
        ad.url = keep(model, file);
    }
    model.polyv.ads.ads[index] = Ad { changed: call.now, ..ad };
    Ok(Reply::success(true))
}

fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let index = find(model, call)?;
    model.polyv.ads.ads.remove(index);
    Ok(Reply::success(true))
}

/// The index of the ad that a call names.
fn find(model: &Model, call: &Call<'_>) -> Result<usize, Refusal> {
    let id = call.fields.get("adid").ok_or_else(|| Refusal::new("adid is empty"))?;
    let found = model.polyv.ads.ads.iter().position(|ad| ad.id == id);
    found.ok_or_else(|| Refusal::new(format!("adid: no ad `{id}`")))
}

/// The file, if sent; it must not be empty.
fn file<'c>(call: &'c Call<'_>) -> Result<Option<&'c FilePart>, Refusal> {
    match call.file("file") {
        Some(file) if file.bytes.is_empty() => Err(Refusal::new("file is empty.")),
        file => Ok(file),
    }
}

fn extension(file: &FilePart) -> String {
    file.file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

fn keep(model: &mut Model, file: &FilePart) -> String {
    let extension = extension(file);
    let content_type = match extension.as_str() {
        "png" => "image/png",
        "gif" => "image/gif",
        "jpg" | "jpeg" => "image/jpeg",
        "mp4" => "video/mp4",
        "flv" => "video/x-flv",
        _ => "application/octet-stream",
    };
    model.keep_file(content_type, &extension, file.bytes.clone())
}

/// A time of day as `HH:mm:ss`, if sent.
fn time(call: &Call<'_>, name: &str) -> Result<Option<Time>, Refusal> {
    let Some(text) = call.fields.get(name) else {
        return Ok(None);
    };
    // It must be the same when formatted again: the parser also accepts an hour of one digit.
    let time =
        Time::strptime("%H:%M:%S", text).ok().filter(|time| time.strftime("%H:%M:%S").to_string() == text);
    time.map(Some).ok_or_else(|| Refusal::new(format!("{name}: `{text}` is not a time of day as HH:mm:ss")))
}

fn millis_of_day(time: Time) -> i64 {
    (i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second())) * 1000
}

impl Ad {
    /// Sets the fields that were sent.
    fn set(&mut self, call: &Call<'_>) -> Result<(), Refusal> {
        let seconds = |name: &str, old: Option<i64>| match call.fields.get(name) {
            None => Ok(old),
            Some(_) => call.number(name, 0..=i64::from(i32::MAX), 0).map(Some),
        };
        let one_of =
            |name: &str, values: &[&'static str], old: Option<i64>| match call.choice(name, values)? {
                None => Ok::<_, Refusal>(old),
                Some(_) => call.number(name, 0..=i64::MAX, 0).map(Some),
            };
        if let Some(title) = call.fields.get("title") {
            title.clone_into(&mut self.title);
        }
        self.note = call.fields.get("note").map(str::to_owned).or(self.note.take());
        self.seconds = seconds("size", self.seconds)?;
        if call.fields.get("cataids").is_some() {
            self.categories = call.numbers("cataids", MAX_CATEGORIES, 1..=i64::MAX)?;
        }
        self.location = one_of("location", &LOCATIONS, Some(self.location))?.unwrap_or(BEFORE);
        self.corner = one_of("popLocation", &["1", "2", "3", "4"], self.corner)?;
        self.pops_up_at = seconds("popUpTime", self.pops_up_at)?;
        self.status = one_of("status", &["10", "1", "0"], Some(self.status))?.unwrap_or(10);
        self.first_day = call.day("startDate")?.unwrap_or(self.first_day);
        self.last_day = call.day("endDate")?.unwrap_or(self.last_day);
        self.from = time(call, "upTime")?.unwrap_or(self.from);
        self.until = time(call, "offTime")?.unwrap_or(self.until);
        self.skippable = call.letter("skipAd")?.unwrap_or(self.skippable);
        self.skip_after = seconds("skipOffset", self.skip_after)?;
        if let Some(label) = call.fields.get("skipButtonLabel") {
            label.clone_into(&mut self.skip_label);
        }
        Ok(())
    }

    /// Checks what each kind of ad requires and allows.
    fn check(&self, file: Option<&FilePart>) -> Result<(), Refusal> {
        let needed = |name: &str, value: Option<i64>, when: &str| match value {
            Some(_) => Ok(()),
            None => Err(Refusal::new(format!("{name} can not be empty with {when}"))),
        };
        if self.last_day < self.first_day {
            // The documented start of the message; the rest is unknown.
            return Err(Refusal::new("startDate or endDate is illegal"));
        }
        if self.location != ON_PAUSE {
            needed("size", self.seconds, &format!("location {}", self.location))?;
        }
        if self.location == POP_UP {
            needed("popLocation", self.corner, "location 4")?;
            needed("popUpTime", self.pops_up_at, "location 4")?;
        }
        if self.skippable && self.location != BEFORE {
            return Err(Refusal::new(format!("skipAd: only with location 1, not with {}", self.location)));
        }
        if self.skippable {
            needed("skipOffset", self.skip_after, "skipAd Y")?;
        }
        let taken: &[&str] = match self.location {
            ON_PAUSE => &["swf", "png", "jpg", "jpeg", "gif"],
            POP_UP => &["png", "jpg", "jpeg", "gif"],
            _ => &["jpg", "jpeg", "gif", "png", "flv", "mp4"],
        };
        match file {
            Some(file) if !taken.contains(&extension(file).as_str()) => {
                Err(Refusal::new("illegal file type."))
            }
            _ => Ok(()),
        }
    }

    fn plays(&self, polyv: &State) -> usize {
        let days = polyv
            .plays
            .between(day_start(self.first_day), day_start(self.last_day).saturating_add(DAY_MILLIS));
        let times = millis_of_day(self.from)..=millis_of_day(self.until) + 999;
        let in_its_categories =
            |vid: &str| polyv.live(vid).is_some_and(|video| self.categories.contains(&video.category));
        days.filter(|play| {
            times.contains(&(play.at - MIDNIGHT).rem_euclid(DAY_MILLIS)) && in_its_categories(&play.vid)
        })
        .count()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::json;

    const CREATE: &str = "/v2/advertising/{}/create";
    const LIST: &str = "/v2/advertising/{}/list";
    const EDIT: &str = "/v2/advertising/{}/edit";
    const DELETE: &str = "/v2/advertising/{}/delete";

    const DAYS: [(&str, &str); 2] = [("startDate", "2023-11-15"), ("endDate", "2023-11-16")];
    const REST: [(&str, &str); 2] = [("title", "新年"), ("size", "15")];

    fn create(bench: &mut Bench, more: Pairs<'_>, file_name: &str) -> Result<String, String> {
        let pairs = [&DAYS, &REST, more].concat();
        let seen = bench.upload(CREATE, &pairs, &[("file", file_name, "application/octet-stream", b"bytes")]);
        if seen.code == 200 { Ok(seen.data.as_str().unwrap().to_owned()) } else { Err(seen.message) }
    }

    #[test]
    fn an_ad_from_creation_to_deletion() {
        let mut bench = Bench::new();
        let first = create(&mut bench, &[], "a.mp4").unwrap();
        bench.now += 1;
        let pop_up = [
            ("location", "4"),
            ("popLocation", "3"),
            ("popUpTime", "30"),
            ("cataids", "1,7"),
            ("upTime", "08:30:00"),
            ("note", "角标"),
            ("status", "0"),
        ];
        let second = create(&mut bench, &pop_up, "b.PNG").unwrap();

        let page = bench.polyv("GET", LIST, &[("pageSize", "1")]).data;
        let expected = json!({
            "pageNumber": 1, "totalItems": 2, "totalPages": 2, "firstPage": true, "lastPage": false, "nextPageNumber": 2, "prePageNumber": 1,
            "startRow": 1, "endRow": 1, "limit": 1, "offset": 0, "activePageNum": 1,
            "contents": [{
                "adid": second, "title": "新年", "note": "角标", "userid": bench.credentials.polyv_user_id, "location": "4",
                "matterurl": "http://127.0.0.1:9/_emulator/files/1.png", "size": 15, "playnum": 0, "addrurl": null, "isstatis": 2,
                "uptime": 1_800_000, "offtime": 57_599_000, "startdate": 1_699_977_600_000_i64, "enddate": 1_700_064_000_000_i64,
                "ptime": NOW + 1, "status": 0, "popuptime": 30, "cataids": "1,7", "poplocation": 3,
            }],
        });
        assert_eq!(page, expected);

        // A change without a file, then one with a file.
        bench.now += 1;
        assert_eq!(
            bench
                .polyv(
                    "POST",
                    EDIT,
                    &[("adid", &first), ("title", "春节"), ("skipAd", "Y"), ("skipOffset", "5")]
                )
                .data,
            true
        );
        let file: [(&str, &str, &str, &[u8]); 1] = [("file", "c.swf", "", b"new")];
        assert_eq!(
            bench.upload(EDIT, &[("adid", &first), ("skipAd", "N"), ("location", "2")], &file).data,
            true
        );
        let row = bench.polyv("GET", LIST, &[("page", "2"), ("pageSize", "1")]).data["contents"][0].clone();
        assert_eq!(
            (&row["title"], &row["location"], &row["uptime"], &row["ptime"]),
            (&json!("春节"), &json!("2"), &json!(-28_800_000), &json!(NOW + 2))
        );
        assert!(
            row["matterurl"].as_str().unwrap().ends_with("/2.swf") && row["poplocation"].is_null(),
            "{row}"
        );
        assert_eq!(bench.model.state(NOW)["polyv"]["advertising"][0]["skipOffset"], 5);

        assert_eq!(bench.polyv("POST", DELETE, &[("adid", &first)]).data, true);
        assert_eq!(bench.polyv("GET", LIST, &[]).data["totalItems"], 1);
        for (path, sent, expected) in [
            (DELETE, vec![], "adid is empty".to_owned()),
            (DELETE, vec![("adid", first.as_str())], format!("adid: no ad `{first}`")),
            (EDIT, vec![("title", "a")], "adid is empty".to_owned()),
        ] {
            let seen = bench.polyv("POST", path, &sent);
            assert_eq!((seen.code, seen.message, seen.data), (400, expected, json!("")));
        }
    }

    #[test]
    fn plays_of_an_ad_are_those_of_its_categories_at_its_times() {
        let mut bench = Bench::new();
        let vid = bench.video("a", 1_000_000);
        create(&mut bench, &[("upTime", "06:13:20"), ("offTime", "06:13:20")], "a.png").unwrap();
        create(&mut bench, &[("upTime", "06:13:21")], "a.png").unwrap();
        create(&mut bench, &[("cataids", "7")], "a.png").unwrap();
        create(&mut bench, &[], "a.png").unwrap();
        let peer = bench.peer;
        // It is 06:13:20 on the first day.
        bench.model.played(NOW, peer, &vid, "", "").unwrap();
        let page = bench.polyv("GET", LIST, &[]).data;
        let plays: Vec<_> =
            page["contents"].as_array().unwrap().iter().map(|ad| ad["playnum"].as_u64().unwrap()).collect();
        assert_eq!(plays, [1, 0, 0, 1]);
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let cases: [(Pairs<'_>, &str, &str); 16] = [
            (&[], "a.swf", "illegal file type."),
            (&[("location", "4"), ("popLocation", "1"), ("popUpTime", "0")], "a.mp4", "illegal file type."),
            (&[("location", "2")], "a", "illegal file type."),
            (&[("location", "5")], "a.png", "location: `5` is none of 1, 2, 3, 4"),
            (&[("location", "4")], "a.png", "popLocation can not be empty with location 4"),
            (
                &[("location", "4"), ("popLocation", "1")],
                "a.png",
                "popUpTime can not be empty with location 4",
            ),
            (&[("popUpTime", "-1")], "a.png", "popUpTime: -1, at least 0 and at most 2147483647"),
            (&[("skipAd", "Y")], "a.png", "skipOffset can not be empty with skipAd Y"),
            (
                &[("skipAd", "Y"), ("skipOffset", "1"), ("location", "3")],
                "a.png",
                "skipAd: only with location 1, not with 3",
            ),
            (&[("skipAd", "1")], "a.png", "skipAd: `1` is none of Y, N"),
            (&[("status", "2")], "a.png", "status: `2` is none of 10, 1, 0"),
            (&[("cataids", "1,,2")], "a.png", "cataids[1]: empty"),
            (&[("upTime", "24:00:00")], "a.png", "upTime: `24:00:00` is not a time of day as HH:mm:ss"),
            (&[("offTime", "8:00:00")], "a.png", "offTime: `8:00:00` is not a time of day as HH:mm:ss"),
            (&[("color", "red")], "a.png", "strict: field `color` is not known to polyv.advertising.create"),
            (&[("adid", "1")], "a.png", "strict: field `adid` is not known to polyv.advertising.create"),
        ];
        for (more, file_name, expected) in cases {
            assert_eq!(create(&mut bench, more, file_name), Err(expected.to_owned()), "{more:?}");
        }
        let file: [(&str, &str, &str, &[u8]); 1] = [("file", "a.png", "image/png", b"x")];
        let empty: [(&str, &str, &str, &[u8]); 1] = [("file", "a.png", "image/png", b"")];
        let swapped = [("startDate", "2023-11-16"), ("endDate", "2023-11-15"), REST[0], REST[1]];
        let cases: [(Pairs<'_>, &[_], &str); 5] = [
            (&[DAYS[0], DAYS[1], REST[0], REST[1]], &[], "file is empty."),
            (&[DAYS[0], DAYS[1], REST[0], REST[1]], &empty, "file is empty."),
            (&[DAYS[0], DAYS[1], REST[0]], &file, "size can not be empty with location 1"),
            (&[DAYS[0], REST[0], REST[1]], &file, "endDate can not be empty."),
            (&swapped, &file, "startDate or endDate is illegal"),
        ];
        for (sent, files, expected) in cases {
            assert_eq!(bench.upload(CREATE, sent, files).message, expected);
        }
        assert_eq!(bench.model.state(NOW)["polyv"]["advertising"], json!([]), "nothing was made");
        assert_eq!(
            bench.polyv("GET", LIST, &[("pageSize", "1001")]).message,
            "pageSize: 1001, at least 0 and at most 1000"
        );
    }
}
