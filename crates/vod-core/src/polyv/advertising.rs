//! Advertisements before, in and after videos.
//!
//! An ad belongs to categories: all videos in them show it, on the days and at the times of day that it is
//! set for.

use crate::error::Reason;
use crate::operation::Entry;
use crate::operation::KnownError;
use crate::polyv::{CategoryId, CommaList, Page};
use crate::schema::field::Kind;
use crate::schema::limits::Form;
use crate::time::{Date, Hms, Timestamp};
use crate::wire::answer::{FromAnswer, Mismatch, Node};
use crate::wire::body::FileSource;
use crate::{Answer, Choice, Operation};
use std::fmt;

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] =
    &[Entry::of::<CreateAd>(), Entry::of::<ListAds>(), Entry::of::<UpdateAd>(), Entry::of::<DeleteAd>()];

/// Create an ad. Returns its id.
///
/// ```
/// use vod_core::polyv::advertising::{AdKind, CreateAd};
/// use vod_core::{Date, FileSource, Operation};
///
/// let (first, last) = (Date::new(2026, 1, 1).unwrap(), Date::new(2026, 1, 31).unwrap());
/// let ad = CreateAd::new(first, last, "新年", FileSource::path("ads/new-year.mp4"), 15)
///     .with_category_ids([1_602_671_097_888])
///     .with_kind(AdKind::Before)
///     .with_skippable(true)
///     .with_skip_after_seconds(5);
/// ad.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.advertising.create",
    method = Post,
    path = "/v2/advertising/{userid}/create",
    encoding = Multipart,
    auth = Sha1,
    effect = Once,
    output = String,
    errors = SAVE_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/vert/add_ad"
)]
#[non_exhaustive]
pub struct CreateAd {
    /// Its first day, in Beijing time.
    #[field(wire = "startDate")]
    pub first_day: Date,
    /// Its last day, in Beijing time.
    #[field(wire = "endDate", after = "startDate")]
    pub last_day: Date,
    /// Its title.
    pub title: String,
    /// What is shown. Before and after a video: JPEG, GIF, PNG, FLV or MP4; on pause: SWF, PNG, JPEG or GIF;
    /// as a pop-up: PNG, JPEG or GIF.
    #[field(
        when("location = 1 or 3 or none", file_type("jpg", "jpeg", "gif", "png", "flv", "mp4")),
        when("location = 2", file_type("swf", "png", "jpg", "jpeg", "gif")),
        when("location = 4", file_type("png", "jpg", "jpeg", "gif"))
    )]
    pub file: FileSource,
    /// How long it is shown, in seconds. Ignored for ads on pause, but required all the same.
    #[field(wire = "size", range = 0..=2_147_483_647)]
    pub length_seconds: u32,
    /// The categories whose videos show it. Default: 1, the root.
    #[field(wire = "cataids", min_items = 1)]
    pub category_ids: Option<Vec<CategoryId>>,
    /// When it is shown. Default: before the video.
    #[field(wire = "location")]
    pub kind: Option<AdKind>,
    /// The corner of a pop-up. Required for pop-ups.
    #[field(wire = "popLocation", when("location = 4", required))]
    pub corner: Option<AdCorner>,
    /// The second of the video at which a pop-up appears. Required for pop-ups.
    #[field(wire = "popUpTime", range = 0..=2_147_483_647, when("location = 4", required))]
    pub pops_up_at_seconds: Option<u32>,
    /// Its state. Default: online.
    pub status: Option<AdStatus>,
    /// The time of day from which it is shown, in Beijing time. Default: 00:00:00.
    #[field(wire = "upTime", form = TIME_OF_DAY)]
    pub from_time: Option<Hms>,
    /// The time of day until which it is shown, in Beijing time. Default: 23:59:59.
    #[field(wire = "offTime", form = TIME_OF_DAY)]
    pub until_time: Option<Hms>,
    /// Its description.
    pub note: Option<String>,
    /// Whether viewers may skip it, for an ad before the video only. Default: off.
    #[field(wire = "skipAd", flag = YesNo, only_with = "location = 1")]
    pub skippable: Option<bool>,
    /// After how many seconds it may be skipped. Required for skippable ads.
    #[field(wire = "skipOffset", range = 0..=2_147_483_647, when("skipAd = Y", required))]
    pub skip_after_seconds: Option<u32>,
    /// What the button for skipping says. Default: 跳过.
    #[field(wire = "skipButtonLabel")]
    pub skip_label: Option<String>,
}

/// List the ads, page by page.
///
/// The page's `activePageNum` (its real number) is in the raw JSON only.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.advertising.list",
    method = Get,
    path = "/v2/advertising/{userid}/list",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Page<Ad>,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/vert/get_ad"
)]
#[non_exhaustive]
pub struct ListAds {
    /// The page, from 1. Default: 1.
    #[field(range = 1..=2_147_483_647)]
    pub page: Option<u32>,
    /// Rows on a page, at most 1000. Default: 10.
    #[field(wire = "pageSize", range = 0..=1000)]
    pub page_size: Option<u32>,
}

/// An ad. The wire names differ from those of the request, some only by case.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Ad {
    /// Its id.
    #[answer(wire = "adid")]
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its description.
    pub note: Option<String>,
    /// The account's id.
    #[answer(wire = "userid")]
    pub user_id: Option<String>,
    /// When it is shown.
    #[answer(wire = "location")]
    pub kind: Option<AdKind>,
    /// The URL of what is shown.
    #[answer(wire = "matterurl")]
    pub file_url: Option<String>,
    /// How long it is shown, in seconds.
    #[answer(wire = "size")]
    pub length_seconds: Option<u32>,
    /// How often it was shown.
    #[answer(wire = "playnum")]
    pub plays: Option<u64>,
    /// Where a click leads.
    #[answer(wire = "addrurl")]
    pub click_url: Option<String>,
    /// Whether it floats.
    #[answer(wire = "isstatis")]
    pub floating: Option<Floating>,
    /// The time of day from which it is shown, in Beijing time.
    #[answer(wire = "uptime")]
    pub from_time: Option<TimeOfDay>,
    /// The time of day until which it is shown, in Beijing time.
    #[answer(wire = "offtime")]
    pub until_time: Option<TimeOfDay>,
    /// The start of its first day.
    #[answer(wire = "startdate")]
    pub first_day: Option<Timestamp>,
    /// The start of its last day.
    #[answer(wire = "enddate")]
    pub last_day: Option<Timestamp>,
    /// When it was last changed. On the wire this has the name of the request's time, `ptime`.
    #[answer(wire = "ptime")]
    pub updated_at: Option<Timestamp>,
    /// Its state.
    pub status: Option<AdStatus>,
    /// The second of the video at which a pop-up appears.
    #[answer(wire = "popuptime")]
    pub pops_up_at_seconds: Option<u64>,
    /// The categories whose videos show it, separated by commas on the wire.
    #[answer(wire = "cataids")]
    pub category_ids: CommaList<CategoryId>,
    /// The corner of a pop-up.
    #[answer(wire = "poplocation")]
    pub corner: Option<AdCorner>,
}

/// A time of day in Beijing, as the list of ads has it.
///
/// On the wire it is a number of about eight digits, which the reference calls a timestamp in milliseconds
/// without explaining it. It is read as an instant of 1970-01-01 in Beijing: -28800000 is midnight there,
/// 57599000 the last second of the day. The provider's Java client documents `HH:mm:ss`, which is read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(Hms);

impl TimeOfDay {
    /// Hours, minutes and seconds of the day.
    #[must_use]
    pub const fn hms(self) -> Hms {
        self.0
    }

    /// From a number of milliseconds since 1970. The date is dropped if it is not the first day.
    fn from_millis(millis: i64) -> Self {
        let seconds = (millis.div_euclid(1000).rem_euclid(DAY) + BEIJING) % DAY;
        Self(Hms::from_seconds(seconds as u32))
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Seconds by which Beijing is ahead of UTC.
const BEIJING: i64 = 28_800;

impl From<TimeOfDay> for Hms {
    fn from(time: TimeOfDay) -> Self {
        time.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromAnswer for TimeOfDay {
    const KIND: Kind = Kind::Integer;
    fn from_answer(node: &Node<'_>) -> Result<Self, Mismatch> {
        if let Ok(millis) = i64::from_answer(node) {
            return Ok(Self::from_millis(millis));
        }
        let text = node.scalar_text()?;
        let time = text.parse::<Hms>().ok().filter(|time| is_time_of_day(*time));
        time.map(Self).ok_or_else(|| node.fault("a time of day"))
    }
}

const fn is_time_of_day(time: Hms) -> bool {
    (time.as_seconds() as i64) < DAY
}

/// When an ad is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum AdKind {
    /// Before the video.
    #[wire("1")]
    Before,
    /// While the video is on pause.
    #[wire("2")]
    OnPause,
    /// After the video.
    #[wire("3")]
    After,
    /// In a corner of the video.
    #[wire("4")]
    PopUp,
    /// A kind that the reference does not name.
    #[other]
    Other(String),
}

/// The corner that a pop-up appears in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum AdCorner {
    /// Bottom right.
    #[wire("1")]
    BottomRight,
    /// Top right.
    #[wire("2")]
    TopRight,
    /// Bottom left.
    #[wire("3")]
    BottomLeft,
    /// Top left.
    #[wire("4")]
    TopLeft,
    /// A corner that the reference does not name.
    #[other]
    Other(String),
}

/// The state of an ad.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum AdStatus {
    /// Online.
    #[wire("10")]
    Online,
    /// Waiting to go online. One page of the reference says offline instead, by mistake as it seems.
    #[wire("1")]
    Waiting,
    /// Offline.
    #[wire("0")]
    Offline,
    /// A state that the reference does not name.
    #[other]
    Other(String),
}

/// Whether an ad floats. The wire numbers differ from those that mean yes and no elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Choice)]
#[non_exhaustive]
pub enum Floating {
    /// It does.
    #[wire("1")]
    Yes,
    /// It does not.
    #[wire("2")]
    No,
    /// A value that the reference does not name.
    #[other]
    Other(String),
}

/// Change an ad. Returns `true`.
///
/// The reference prints the same defaults for these fields as for those of [`CreateAd`] and does not say
/// whether a field that is left out keeps its value: give every value that must stay.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.advertising.update",
    method = Post,
    path = "/v2/advertising/{userid}/edit",
    encoding = Multipart,
    auth = Sha1,
    effect = Idempotent,
    output = bool,
    errors = SAVE_ERRORS,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/vert/modify_ad"
)]
#[non_exhaustive]
pub struct UpdateAd {
    /// The ad.
    #[field(wire = "adid")]
    pub ad_id: String,
    /// Its first day, in Beijing time.
    #[field(wire = "startDate")]
    pub first_day: Option<Date>,
    /// Its last day, in Beijing time.
    #[field(wire = "endDate", after = "startDate")]
    pub last_day: Option<Date>,
    /// Its title.
    pub title: Option<String>,
    /// What is shown; the formats are those of [`CreateAd::file`].
    #[field(
        when("location = 1 or 3", file_type("jpg", "jpeg", "gif", "png", "flv", "mp4")),
        when("location = 2", file_type("swf", "png", "jpg", "jpeg", "gif")),
        when("location = 4", file_type("png", "jpg", "jpeg", "gif"))
    )]
    pub file: Option<FileSource>,
    /// How long it is shown, in seconds.
    #[field(wire = "size", range = 0..=2_147_483_647)]
    pub length_seconds: Option<u32>,
    /// The categories whose videos show it.
    #[field(wire = "cataids", min_items = 1)]
    pub category_ids: Option<Vec<CategoryId>>,
    /// When it is shown.
    #[field(wire = "location")]
    pub kind: Option<AdKind>,
    /// The corner of a pop-up. Required for pop-ups.
    #[field(wire = "popLocation", when("location = 4", required))]
    pub corner: Option<AdCorner>,
    /// The second of the video at which a pop-up appears. Required for pop-ups.
    #[field(wire = "popUpTime", range = 0..=2_147_483_647, when("location = 4", required))]
    pub pops_up_at_seconds: Option<u32>,
    /// Its state.
    pub status: Option<AdStatus>,
    /// The time of day from which it is shown, in Beijing time.
    #[field(wire = "upTime", form = TIME_OF_DAY)]
    pub from_time: Option<Hms>,
    /// The time of day until which it is shown, in Beijing time.
    #[field(wire = "offTime", form = TIME_OF_DAY)]
    pub until_time: Option<Hms>,
    /// Its description.
    pub note: Option<String>,
    /// Whether viewers may skip it; only for an ad before the video.
    #[field(wire = "skipAd", flag = YesNo, only_with = "location = 1")]
    pub skippable: Option<bool>,
    /// After how many seconds it may be skipped. Required for skippable ads.
    #[field(wire = "skipOffset", range = 0..=2_147_483_647, when("skipAd = Y", required))]
    pub skip_after_seconds: Option<u32>,
    /// What the button for skipping says.
    #[field(wire = "skipButtonLabel")]
    pub skip_label: Option<String>,
}

// From the page on changing; the page on creating lists none. Of the last one only the beginning is known.
const SAVE_ERRORS: &[KnownError] = &[
    KnownError { code: 400, message: "file is empty.", reason: Reason::Field },
    KnownError { code: 400, message: "illegal file type.", reason: Reason::Field },
    KnownError { code: 400, message: "upload file failed.", reason: Reason::Internal },
    KnownError { code: 400, message: "startDate or end%s", reason: Reason::Field },
];

/// Delete an ad. Returns `true`.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.advertising.delete",
    method = Post,
    path = "/v2/advertising/{userid}/delete",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = bool,
    errors = NO_ID,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/vert/delete_ad"
)]
#[non_exhaustive]
pub struct DeleteAd {
    /// The ad.
    #[field(wire = "adid")]
    pub ad_id: String,
}

const NO_ID: &[KnownError] = &[KnownError { code: 400, message: "adid is empty", reason: Reason::Field }];

/// A time that a day has.
const TIME_OF_DAY: Form = Form {
    words: "a time of day (at most 23:59:59)",
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
    holds: |text| text.parse().is_ok_and(is_time_of_day),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_as_instants_of_1970_in_beijing() {
        for (millis, shown) in [
            (-28_800_000, "00:00:00"),
            (57_599_000, "23:59:59"),
            (0, "08:00:00"),
            (57_599_999, "23:59:59"),
            (57_600_000, "00:00:00"),
            (-1, "07:59:59"),
            (1_617_777_684_134, "14:41:24"),
        ] {
            assert_eq!(TimeOfDay::from_millis(millis).to_string(), shown, "{millis}");
        }
        for millis in [i64::MIN, i64::MAX] {
            assert!(is_time_of_day(TimeOfDay::from_millis(millis).hms()));
        }
    }
    fn told(ad: &CreateAd) -> String {
        ad.check().map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_the_kinds_of_ads_need() {
        let day = |day| Date::new(2026, 1, day).unwrap();
        let ad = CreateAd::new(day(2), day(2), "t", FileSource::bytes("a.png", ""), 0);
        let pop_up = ad.clone().with_kind(AdKind::PopUp);
        let skippable = ad.clone().with_skippable(true);
        let shown = |name: &str, kind| CreateAd {
            file: FileSource::bytes(name, ""),
            corner: Some(AdCorner::TopLeft),
            pops_up_at_seconds: Some(0),
            kind,
            ..ad.clone()
        };
        for (ad, expected) in [
            (ad.clone(), ""),
            (ad.clone().with_until_time(86_399), ""),
            (pop_up.clone().with_corner(AdCorner::TopLeft).with_pops_up_at_seconds(0), ""),
            (skippable.clone().with_skip_after_seconds(0), ""),
            (skippable.clone().with_skip_after_seconds(0).with_kind(AdKind::Before), ""),
            (ad.clone().with_kind(AdKind::After).with_skippable(false), ""),
            (
                CreateAd { last_day: day(1), ..ad.clone() },
                "endDate: expected no earlier than startDate (2026-01-02), got 2026-01-01",
            ),
            (
                ad.clone().with_from_time(86_400),
                "upTime: expected a time of day (at most 23:59:59), got 24:00:00",
            ),
            (
                ad.clone().with_until_time(360_000),
                "offTime: expected a time of day (at most 23:59:59), got 100:00:00",
            ),
            (
                pop_up.clone(),
                "popLocation: expected a value with location 4, got nothing; popUpTime: expected a value with location 4, got nothing",
            ),
            (
                pop_up.with_corner(AdCorner::TopLeft),
                "popUpTime: expected a value with location 4, got nothing",
            ),
            (skippable.clone(), "skipOffset: expected a value with skipAd Y, got nothing"),
            (
                skippable.with_skip_after_seconds(1).with_kind(AdKind::OnPause),
                "skipAd: expected only with location 1, got it with location 2",
            ),
            (shown("a.MP4", None), ""),
            (
                shown("a.swf", None),
                "file: expected a file named .jpg, .jpeg, .gif, .png, .flv or .mp4 with location 1 or 3 or without it, got \"a.swf\"",
            ),
            (shown("a.flv", Some(AdKind::After)), ""),
            (
                shown("a", Some(AdKind::Before)),
                "file: expected a file named .jpg, .jpeg, .gif, .png, .flv or .mp4 with location 1 or 3 or without it, got \"a\"",
            ),
            (shown("a.swf", Some(AdKind::OnPause)), ""),
            (
                shown("a.mp4", Some(AdKind::OnPause)),
                "file: expected a file named .swf, .png, .jpg, .jpeg or .gif with location 2, got \"a.mp4\"",
            ),
            (shown("a.GIF", Some(AdKind::PopUp)), ""),
            (
                shown("a.swf", Some(AdKind::PopUp)),
                "file: expected a file named .png, .jpg, .jpeg or .gif with location 4, got \"a.swf\"",
            ),
            (shown("a.txt", Some(AdKind::Other("9".to_owned()))), ""),
        ] {
            let expected = if expected.is_empty() {
                String::new()
            } else {
                format!("polyv.advertising.create: {expected}")
            };
            assert_eq!(told(&ad), expected);
        }
        // A field that is not changed needs no other, and one day alone has no order.
        let shown = UpdateAd::new("a").with_file(FileSource::bytes("a.swf", ""));
        for change in [
            UpdateAd::new("a"),
            UpdateAd::new("a").with_last_day(day(1)),
            UpdateAd::new("a").with_corner(AdCorner::TopLeft),
            shown,
        ] {
            assert_eq!(change.check().map_err(|error| error.to_string()), Ok(()));
        }
        let change = UpdateAd::new("a").with_kind(AdKind::PopUp).with_corner(AdCorner::TopLeft).check();
        assert_eq!(
            change.unwrap_err().to_string(),
            "polyv.advertising.update: popUpTime: expected a value with location 4, got nothing"
        );
    }
}
