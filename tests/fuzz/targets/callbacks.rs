//! Callbacks of both providers.
#![no_main]

libfuzzer_sys::fuzz_target!(init: vod_fuzz::sow(vod_fuzz::callbacks::seeds), |data: &[u8]| {
    vod_fuzz::bounded(data, vod_fuzz::callbacks::run);
});
