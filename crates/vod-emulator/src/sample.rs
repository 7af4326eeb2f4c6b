//! The sample video.

/// A real, small, playable MP4: three seconds, 192x144, H.264 baseline and AAC, about 25 KB, the index in
/// front.
///
/// It is ffmpeg's test picture and a 440 Hz tone, made with
///
/// ```text
/// ffmpeg -f lavfi -i testsrc=size=192x144:rate=15:duration=3 \
///        -f lavfi -i sine=frequency=440:sample_rate=22050:duration=3 \
///        -c:v libx264 -profile:v baseline -pix_fmt yuv420p -crf 30 -c:a aac -b:a 32k \
///        -movflags +faststart -map_metadata -1 \
///        -fflags +bitexact -flags:v +bitexact -flags:a +bitexact sample.mp4
/// ```
///
/// The emulator serves it under `/_emulator/sample/{n}.mp4`, for every number `n`.
#[must_use]
pub fn sample_mp4() -> &'static [u8] {
    include_bytes!("../assets/sample.mp4")
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_an_mp4_with_its_index_in_front() {
        let sample = super::sample_mp4();
        assert!(sample.len() <= 40 * 1024);
        assert_eq!(&sample[4..8], b"ftyp");
        let find = |name: &[u8]| sample.windows(4).position(|window| window == name).unwrap();
        assert!(find(b"moov") < find(b"mdat"));
    }
}
