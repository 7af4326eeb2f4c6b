//! Markers (打点) on a video's progress bar.

use crate::operation::Entry;
use crate::polyv::VideoId;
use crate::time::Hms;
use crate::wire::answer::Done;
use crate::{Answer, Operation};

/// The operations of this area.
pub(crate) const OPERATIONS: &[Entry] = &[
    Entry::of::<SaveKeyframes>(),
    Entry::of::<ListKeyframes>(),
    Entry::of::<DeleteKeyframesAt>(),
    Entry::of::<DeleteAllKeyframes>(),
    Entry::of::<DeleteKeyframes>(),
];

/// Set markers on a video's progress bar.
///
/// There are as many texts as seconds; each pair is a marker. The signature covers only `ptime`, `userid` and
/// `vid`; the account's id is signed although it is not sent. The reference does not say whether existing
/// markers are removed, and the answer speaks of adding; so it is never retried automatically.
///
/// ```
/// use vod_core::Operation;
/// use vod_core::polyv::keyframe::SaveKeyframes;
///
/// let save = SaveKeyframes::new("d41c0b6f2a77c1_d", ["引言", "例题"], [5, 90])
///     .with_button(true)
///     .with_button_text("练习")
///     .with_button_link("https://www.example.com/exercises");
/// save.check()?;
/// # Ok::<(), vod_core::Error>(())
/// ```
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.keyframe.save",
    method = Post,
    path = "/v2/video/{userid}/saveKeyFrame",
    encoding = Form,
    auth = Sha1,
    effect = Once,
    signed = ["ptime", "userid", "vid"],
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/chapter-marker/add_chapter_marker"
)]
#[non_exhaustive]
pub struct SaveKeyframes {
    /// The video.
    pub vid: VideoId,
    /// The markers' texts. None may contain a comma, which separates them on the wire.
    #[field(wire = "desc", min_items = 1)]
    pub texts: Vec<String>,
    /// The markers' seconds from the start, as many as there are texts, each less than the length of the
    /// video.
    #[field(min_items = 1, range = 0..=2_147_483_647, count_of = "desc")]
    pub seconds: Vec<u32>,
    /// Whether the markers have a button. Default: no.
    #[field(wire = "btnsettingswitch", flag = YesNo)]
    pub button: Option<bool>,
    /// The button's text; required when there is a button.
    #[field(wire = "btndesc", when("btnsettingswitch = Y", required))]
    pub button_text: Option<String>,
    /// Where the button leads to; required when there is a button.
    #[field(wire = "btnhref", when("btnsettingswitch = Y", required))]
    pub button_link: Option<String>,
}

/// List the markers of a video.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.keyframe.list",
    method = Get,
    path = "/v2/video/{userid}/keyframe/{vid}",
    encoding = Query,
    auth = Sha1,
    effect = Read,
    output = Keyframes,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/chapter-marker/get_chapter_marker"
)]
#[non_exhaustive]
pub struct ListKeyframes {
    /// The video. It goes into the path, and is sent and signed as a field as well.
    #[field(in_body)]
    pub vid: VideoId,
}

/// The markers of a video.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Keyframes {
    /// The video's length.
    pub duration: Option<Hms>,
    /// The markers.
    #[answer(wire = "keyframeList")]
    pub keyframes: Vec<Keyframe>,
}

/// A marker.
#[derive(Clone, Debug, Answer)]
#[non_exhaustive]
pub struct Keyframe {
    /// Its id.
    pub id: Option<i64>,
    /// Seconds from the start.
    pub seconds: Option<u32>,
    /// Its text.
    #[answer(wire = "keyContent")]
    pub text: Option<String>,
    /// Whether it has a button.
    #[answer(wire = "btnsettingswitch")]
    pub button: Option<bool>,
    /// The button's text.
    #[answer(wire = "btndesc")]
    pub button_text: Option<String>,
    /// Where the button leads to.
    #[answer(wire = "btnhref")]
    pub button_link: Option<String>,
}

/// Delete the markers at given seconds.
///
/// [`DeleteKeyframes`] is the newer call, whose reference does not show how several times are written. An
/// example on this call's page has the address of [`DeleteAllKeyframes`]; the one in the page's head is right
/// and is used.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.keyframe.delete_at",
    superseded_by = "polyv.keyframe.delete",
    method = Post,
    path = "/v2/video/{userid}/deleteKeyFrameByTime",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/chapter-marker/delete_chapter_markerbytime"
)]
#[non_exhaustive]
pub struct DeleteKeyframesAt {
    /// The video.
    pub vid: VideoId,
    /// Seconds from the start.
    #[field(wire = "times", min_items = 1, range = 0..=2_147_483_647)]
    pub seconds: Vec<u32>,
}

/// Delete all markers of a video.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.keyframe.delete_all",
    method = Post,
    path = "/v2/video/{userid}/deleteKeyFrame",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    output = Done,
    reference = "https://dev.polyv.net/category/videoproduct/v-api/page/7/"
)]
#[non_exhaustive]
pub struct DeleteAllKeyframes {
    /// The video.
    pub vid: VideoId,
}

/// Delete markers of a video, by the newer call.
///
/// The reference shows it with one second. Whether it deletes all markers without any is not documented, nor
/// is how several are separated: a comma is sent, as everywhere else. [`DeleteKeyframesAt`] and
/// [`DeleteAllKeyframes`] are unambiguous.
#[derive(Clone, Debug, Operation)]
#[operation(
    id = "polyv.keyframe.delete",
    method = Post,
    path = "/v2/video/delete-chapter-marker",
    encoding = Form,
    auth = Sha1,
    effect = Idempotent,
    account = "userid",
    output = Done,
    reference = "https://polyv.gitbook.io/document/docs/vod/api/video-management/chapter-marker/delete_chapter_marker"
)]
#[non_exhaustive]
pub struct DeleteKeyframes {
    /// The video.
    pub vid: VideoId,
    /// Seconds from the start.
    #[field(wire = "timePoints", min_items = 1, range = 0..=2_147_483_647)]
    pub seconds: Option<Vec<u32>>,
}
