//! Imports a list of remote videos into Polyv, 100 with each call.
//!
//! ```sh
//! printf 'fileUrl,title,state\nhttps://cdn.example.com/01.mp4,第一课,row-1\n' > lessons.csv
//! VOD_POLYV_USER_ID=… VOD_POLYV_SECRET_KEY=… cargo run -p vod-blocking --example blocking_import_list lessons.csv
//! ```

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use vod_blocking::Client;
use vod_core::import::{Batch, Batches, ReadOptions, Reader, Report};
use vod_core::polyv::upload::UploadUrls;
use vod_core::{Endpoint, polyv};

fn main() -> Result<(), Box<dyn Error>> {
    let list = env::args().nth(1).ok_or("usage: blocking_import_list LIST.csv")?;
    let report = import(&Client::new(account()?)?, Path::new(&list))?;
    println!("{report:?}");
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

/// Sends all rows that keep to the limits, and names the others.
pub(crate) fn import(client: &Client, list: &Path) -> Result<Report, Box<dyn Error>> {
    // What counts for every video of the list is said once.
    let mut batches = Batches::new(UploadUrls::new().with_category_id(1))?;
    // A list that does not fit into memory is fed in chunks.
    let mut rows = Vec::new();
    let mut reader = Reader::new(ReadOptions::new());
    reader.feed(&fs::read(list)?, &mut rows)?;
    reader.finish(&mut rows)?;

    let mut report = Report::default();
    for row in rows {
        report.row(row.is_ok());
        match row {
            Ok(row) => {
                if let Some(batch) = batches.push(row) {
                    send(client, &batch, &mut report);
                }
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    if let Some(batch) = batches.finish() {
        send(client, &batch, &mut report);
    }
    Ok(report)
}

/// Sends a batch. The client has tried again what may be tried again.
fn send(client: &Client, batch: &Batch, report: &mut Report) {
    let result = client.send(&batch.order);
    report.batch();
    report.outcome(batch.rows(), result.as_ref().map(drop));
    let lines = format!("lines {} to {}", batch.lines.start(), batch.lines.end());
    match result {
        Ok(reply) => println!("{lines}: {}", reply.output),
        Err(error) if error.outcome_known() => eprintln!("{lines}: not imported: {error}"),
        // Sent again now, the videos could be there twice.
        Err(error) => eprintln!("{lines}: perhaps imported, look before you send them again: {error}"),
    }
}
