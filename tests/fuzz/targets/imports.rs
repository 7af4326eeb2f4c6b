//! Lists of videos to import, and of titles.
#![no_main]

libfuzzer_sys::fuzz_target!(init: vod_fuzz::sow(vod_fuzz::imports::seeds), |data: &[u8]| {
    vod_fuzz::bounded(data, vod_fuzz::imports::run);
});
