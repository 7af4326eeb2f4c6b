//! Answers of both providers.
#![no_main]

libfuzzer_sys::fuzz_target!(init: vod_fuzz::sow(vod_fuzz::answers::seeds), |data: &[u8]| {
    vod_fuzz::bounded(data, vod_fuzz::answers::run);
});
