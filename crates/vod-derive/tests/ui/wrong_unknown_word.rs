use vod_core::Operation;

/// Does something.
#[derive(Operation)]
#[operation(id = "polyv.area.verb", method = Get, path = "/v2/{userid}/x", encoding = Query, auth = Sha1, effect = Read, output = String, reference = "https://example.com")]
pub struct DoIt {
    /// The video.
    #[field(max_length = 3)]
    pub vid: String,
}

fn main() {}
