//! Which files of a directory are audio or video.

use crate::operation::Provider;
use crate::schema::media::{FORMATS, has_extension};

/// The extensions that the page of [`UploadFile`](crate::polyv::upload::UploadFile) names. Polyv takes “and
/// other formats”, which the page does not name.
const POLYV: [&str; 8] = ["flv", "avi", "mpg", "mp4", "wmv", "mov", "3gp", "asf"];

/// Whether a file's name has an extension that the provider's reference lists: for QingCloud those of
/// [`MediaType::of_file_name`](crate::qingcloud::MediaType::of_file_name), for Polyv flv, avi, mpg, mp4, wmv,
/// mov, 3gp and asf. Polyv takes other formats too, which it does not list.
///
/// For choosing files in a directory; a file that the caller names can be uploaded whatever this returns.
#[must_use]
pub fn is_media_file(provider: Provider, name: &str) -> bool {
    has_extension(name, media_extensions(provider))
}

/// The extensions that [`is_media_file`] accepts, in small letters and without the dot.
pub fn media_extensions(provider: Provider) -> impl Iterator<Item = &'static str> {
    let (polyv, qingcloud) = match provider {
        Provider::Polyv => (Some(POLYV), None),
        Provider::QingCloud => (None, Some(FORMATS.iter().map(|format| format.extension))),
    };
    polyv.into_iter().flatten().chain(qingcloud.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_tell() {
        for (name, polyv, qingcloud) in [
            ("a.mp4", true, true),
            ("第一课.MOV", true, true),
            ("a.mkv", false, true),
            ("a.b.txt", false, false),
            ("mp4", false, false),
            ("", false, false),
        ] {
            assert_eq!(
                (is_media_file(Provider::Polyv, name), is_media_file(Provider::QingCloud, name)),
                (polyv, qingcloud),
                "{name}"
            );
        }
    }
}
