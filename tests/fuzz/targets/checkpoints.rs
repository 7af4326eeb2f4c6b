//! Checkpoints of uploads.
#![no_main]

libfuzzer_sys::fuzz_target!(init: vod_fuzz::sow(vod_fuzz::checkpoints::seeds), |data: &[u8]| {
    vod_fuzz::bounded(data, vod_fuzz::checkpoints::run);
});
