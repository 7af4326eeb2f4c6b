//! Which files of a directory are media.

use crate::operation::Provider;
use crate::qingcloud::MediaType;

/// The extensions that Polyv's page of [`UploadFile`](crate::polyv::upload::UploadFile) names; it takes “and
/// other formats”, which it does not name.
const POLYV: [&str; 8] = ["flv", "avi", "mpg", "mp4", "wmv", "mov", "3gp", "asf"];

/// Whether a file's name has the extension of a format that the provider's reference lists: those of
/// [`MediaType::of_file_name`] for QingCloud, and flv, avi, mpg, mp4, wmv, mov, 3gp and asf for Polyv, which
/// takes others too without listing them.
///
/// It is for choosing among the files of a directory. What somebody names may be uploaded whatever this says.
#[must_use]
pub fn is_media_file(provider: Provider, name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        media_extensions(provider).any(|known| known.eq_ignore_ascii_case(extension))
    })
}

/// The extensions by which [`is_media_file`] tells, in small letters and without the dot.
pub fn media_extensions(provider: Provider) -> impl Iterator<Item = &'static str> {
    let (polyv, qingcloud) = match provider {
        Provider::Polyv => (Some(POLYV), None),
        Provider::QingCloud => (None, Some(MediaType::extensions())),
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
