//! JSON inputs of the catalogue.
#![no_main]

libfuzzer_sys::fuzz_target!(init: vod_fuzz::sow(vod_fuzz::inputs::seeds), |data: &[u8]| {
    vod_fuzz::bounded(data, vod_fuzz::inputs::run);
});
