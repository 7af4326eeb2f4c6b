//! Uploads a file to Polyv, says how far it is, and goes on where an earlier run ended.
//!
//! ```sh
//! VOD_POLYV_USER_ID=… VOD_POLYV_SECRET_KEY=… cargo run -p vod-async --example resumable_upload lesson-01.mp4 第一课
//! ```
//!
//! Stop it in any way, even with `kill -9`, and run it again: parts that arrived are not sent again, and the
//! video is there once.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use vod_async::{Checkpoints, Client, Control, ToPolyv, Uploaded};
use vod_core::{Endpoint, polyv};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(file), Some(title)) = (arguments.next(), arguments.next()) else {
        return Err("usage: resumable_upload FILE TITLE".into());
    };
    let client = Client::new(account()?)?;
    let progress = |sent, total| eprint!("\r{sent} of {total} bytes");
    let uploaded = upload(&client, Path::new(&file), &title, "uploads".into(), progress).await?;
    eprintln!();
    println!("{} plays at {}", uploaded.id, uploaded.play_url.as_deref().unwrap_or("no address yet"));
    Ok(())
}

/// The account that the environment names; at an emulator (`vod emulate --env`) where it names an endpoint.
fn account() -> Result<polyv::Credentials, Box<dyn Error>> {
    let account = polyv::Credentials::new(env::var("VOD_POLYV_USER_ID")?, env::var("VOD_POLYV_SECRET_KEY")?);
    Ok(match env::var("VOD_POLYV_ENDPOINT") {
        Ok(endpoint) => account.with_endpoint(Endpoint::parse(&endpoint)?),
        Err(_) => account,
    })
}

/// Uploads a file. What is kept in `checkpoints` holds no credential; on a shared disk another machine can
/// resume.
pub(crate) async fn upload(
    client: &Client,
    file: &Path,
    title: &str,
    checkpoints: PathBuf,
    mut progress: impl FnMut(u64, u64) + Send + 'static,
) -> Result<Uploaded, Box<dyn Error>> {
    let uploader = client.uploader().with_checkpoints(Checkpoints::open(checkpoints)?);
    let control = Control::default()
        .with_progress(move |done| progress(done.sent, done.total))
        .with_waits(|waiting| eprintln!("again in {:?}: {}", waiting.time, waiting.reason));
    Ok(uploader.upload(file, ToPolyv::new(title), control).await?)
}
