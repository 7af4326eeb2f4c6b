//! What to upload to which provider: the request behind an upload.

use super::plan::{MAX_FILE, size_rule};
use crate::error::Error;
use crate::operation::{Operation as _, Provider};
use crate::polyv::CategoryId;
use crate::polyv::upload::{InitUpload, UploadClient, UploadStart};
use crate::qingcloud::MediaType;
use crate::qingcloud::upload::ApplyUpload;
use crate::schema::limits::{Rule, Violation};
use crate::schema::media;
use crate::schema::shown::counted;

/// The provider that a file is uploaded to, and the properties of the video there.
///
/// ```
/// use vod_core::qingcloud::{MediaType, upload::ApplyUpload};
/// use vod_core::upload::{Order, ToPolyv};
///
/// let order = Order::from(ToPolyv::new("第一课").with_category_id(1500032).with_state("row-1"));
/// let other = Order::from(ApplyUpload::new("第一课", "pek3b", MediaType::from("MP4")));
/// assert_ne!(order.provider(), other.provider());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Order {
    /// To Polyv.
    Polyv(ToPolyv),
    /// To QingCloud.
    QingCloud(ApplyUpload),
}

impl Order {
    /// The provider that it uploads to.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Polyv(_) => Provider::Polyv,
            Self::QingCloud(_) => Provider::QingCloud,
        }
    }

    /// Validates the order for a file of this name and size in bytes, without sending anything. For Polyv the
    /// name must have an extension, which the object in its storage gets too.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every violation.
    pub fn check(&self, name: &str, size: u64) -> Result<(), Error> {
        let of_name = match self {
            Self::Polyv(_) if object_extension(name).is_none() => Some(no_extension(name)),
            _ => None,
        };
        let of_size = size_rule(size).map(|rule| {
            Violation::new(
                "file",
                Rule::Other(rule),
                counted(usize::try_from(size).unwrap_or(usize::MAX), "byte"),
            )
        });
        let size = size.clamp(1, MAX_FILE);
        let checked = match self {
            Self::Polyv(order) => order.init(size, None).check(),
            Self::QingCloud(apply) => apply.check(),
        };
        of_name.into_iter().chain(of_size).fold(checked, |checked, violation| match checked {
            Err(Error::Invalid(mut invalid)) => {
                invalid.violations.insert(0, violation);
                Err(Error::Invalid(invalid))
            }
            _ => Err(Error::invalid(violation)),
        })
    }
}

impl From<ToPolyv> for Order {
    fn from(order: ToPolyv) -> Self {
        Self::Polyv(order)
    }
}

impl From<ApplyUpload> for Order {
    fn from(order: ApplyUpload) -> Self {
        Self::QingCloud(order)
    }
}

/// An upload to Polyv. The limits are those of [`InitUpload`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToPolyv {
    /// The video's title.
    pub title: String,
    /// A description.
    pub description: Option<String>,
    /// Tags, none with a comma.
    pub tags: Option<Vec<String>>,
    /// The video's category. Default: 1, the root.
    pub category_id: Option<CategoryId>,
    /// Screen recording mode, without recompression. Default: off.
    pub screen_recording: Option<bool>,
    /// Whether the source file itself is played, without transcoding. Default: off.
    pub keep_source: Option<bool>,
    /// Free text that the upload's callbacks return.
    pub state: Option<String>,
}

impl ToPolyv {
    /// A video with this title.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: None,
            tags: None,
            category_id: None,
            screen_recording: None,
            keep_source: None,
            state: None,
        }
    }

    /// Sets the description.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the tags.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tags = Some(tags.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the category.
    #[must_use]
    pub fn with_category_id(mut self, category: impl Into<CategoryId>) -> Self {
        self.category_id = Some(category.into());
        self
    }

    /// Sets screen recording mode.
    #[must_use]
    pub const fn with_screen_recording(mut self, on: bool) -> Self {
        self.screen_recording = Some(on);
        self
    }

    /// Sets whether the source file itself is played.
    #[must_use]
    pub const fn with_keep_source(mut self, on: bool) -> Self {
        self.keep_source = Some(on);
        self
    }

    /// Sets free text for the callbacks.
    #[must_use]
    pub fn with_state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// The call that begins an upload of this size in bytes, or resumes that of `vid`.
    pub(super) fn init(&self, size: u64, vid: Option<&str>) -> InitUpload {
        let start = if vid.is_some() { UploadStart::Resume } else { UploadStart::New };
        let mut init = InitUpload::new(i64::try_from(size).unwrap_or(i64::MAX), start, UploadClient::JavaSdk);
        init.title = Some(self.title.clone());
        init.description.clone_from(&self.description);
        init.tags.clone_from(&self.tags);
        init.category_id.clone_from(&self.category_id);
        init.screen_recording = self.screen_recording;
        init.keep_source = self.keep_source;
        init.state.clone_from(&self.state);
        init.vid = vid.map(Into::into);
        init
    }
}

/// A file's extension, if it can be part of an object's name: 1 to 16 letters and digits after a name.
pub(super) fn object_extension(name: &str) -> Option<&str> {
    media::extension(name).filter(|extension| {
        name.len() > extension.len() + 1
            && (1..=16).contains(&extension.len())
            && extension.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// The file's name has no extension for the object.
pub(super) fn no_extension(name: &str) -> Violation {
    Violation::of_text("file", Rule::Other("a name that ends in the format, such as .mp4"), name)
}

/// The media type of a file: `given`, or that of the file name's extension. A format of the reference's list
/// may be given in any case.
///
/// # Errors
/// [`Error::Invalid`] if none is given and the extension is not in the reference's list.
pub fn media_type(given: Option<MediaType>, file_name: &str) -> Result<MediaType, Error> {
    given.map(MediaType::documented).or_else(|| MediaType::of_file_name(file_name)).ok_or_else(|| {
        Error::invalid(Violation::of_text(
            "MediaType",
            Rule::Other("a documented extension, or the format"),
            file_name,
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_format() {
        let (polyv, qingcloud) = (
            Order::from(ToPolyv::new("t")),
            Order::from(ApplyUpload::new("t", "pek3b", MediaType::from("MP4"))),
        );
        for (name, good) in [
            ("a.mp4", true),
            ("第一课.MKV", true),
            ("a", false),
            (".mp4", false),
            ("a.", false),
            ("a.m p4", false),
            ("", false),
        ] {
            assert_eq!(
                (polyv.check(name, 1).is_ok(), qingcloud.check(name, 1).is_ok()),
                (good, true),
                "{name}"
            );
        }
        let error = polyv.check("a", 0).unwrap_err().to_string();
        assert!(error.contains("file: expected a file that is not empty, got 0 bytes"), "{error}");
    }

    #[test]
    fn every_violation_is_found_before_anything_is_sent() {
        let polyv = |title: &str| Order::from(ToPolyv::new(title).with_tags(["a,b"]));
        let qingcloud = |title: &str| Order::from(ApplyUpload::new(title, "pek3b", MediaType::from("MP4")));
        for (order, size, expected) in [
            (Order::from(ToPolyv::new("t")), 1, None),
            (qingcloud("t"), 1, None),
            (qingcloud("t"), 0, Some(vec!["file"])),
            (Order::from(ToPolyv::new("t")), MAX_FILE + 1, Some(vec!["file"])),
            (polyv("t"), 0, Some(vec!["file", "tag[0]"])),
            (qingcloud(&"课".repeat(43)), 0, Some(vec!["file", "Title"])),
        ] {
            let found = order.check("a.mp4", size).err().map(|error| match error {
                Error::Invalid(invalid) => {
                    invalid.violations.iter().map(|violation| violation.path.clone()).collect::<Vec<_>>()
                }
                other => panic!("{other}"),
            });
            assert_eq!(
                found,
                expected.map(|paths| paths.into_iter().map(str::to_owned).collect()),
                "{order:?} {size}"
            );
        }
    }
}
