//! QingCloud VOD (青云云点播, “QVOD”).
//!
//! | to | look in |
//! | --- | --- |
//! | upload a file: apply, PUT, commit | [`upload`]; [`crate::upload`] does all three steps |
//! | find, read, change, process, forbid and delete media | [`media`] |
//!
//! All calls need an access key ([`Credentials::new`]). A media is a video, an audio file or a picture, with
//! the files derived from it.

pub mod callback;
pub mod media;
mod media_type;
mod types;
pub mod upload;

pub use media_type::MediaType;
pub use types::{
    AudioStream, ForbidStatus, MediaBasics, MediaInfo, MediaKind, MediaSource, MetaData, Quality,
    StreamingInfo, Template, TemplateType, TranscodeInfo, VideoStream,
};

pub use crate::accounts::qingcloud::Credentials;
use crate::operation::{Area, Entry};
pub use crate::wire::qingcloud::sign;

/// The areas and their operations, in the order of the reference. A new operation gets its line here.
pub(crate) const AREAS: &[Area] = &[
    Area::new(
        "upload",
        "Getting videos into the account",
        &[Entry::of::<upload::ApplyUpload>(), Entry::of::<upload::CommitUpload>()],
    ),
    Area::new(
        "media",
        "Media: finding, changing, processing and deleting them",
        &[
            Entry::of::<media::UpdateMedia>(),
            Entry::of::<media::DeleteMedia>(),
            Entry::of::<media::GetMedia>(),
            Entry::of::<media::GetClips>(),
            Entry::of::<media::SearchMedia>(),
            Entry::of::<media::ForbidMedia>(),
            Entry::of::<media::ReleaseMedia>(),
            Entry::of::<media::ProcessMedia>(),
        ],
    ),
];
