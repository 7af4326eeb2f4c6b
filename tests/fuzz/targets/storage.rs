//! The XML and the headers of Polyv's storage.
#![no_main]

libfuzzer_sys::fuzz_target!(init: vod_fuzz::sow(vod_fuzz::storage::seeds), |data: &[u8]| {
    vod_fuzz::bounded(data, vod_fuzz::storage::run);
});
