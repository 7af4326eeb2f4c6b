//! Receiving callbacks so that none is lost: a log of events, the memory of what was seen, and the queue of
//! what is to be handed on.
//!
//! A receiver takes a [verified](crate::callback) callback, asks the [`Window`] whether it is a replay,
//! appends it to a log as a [`LogEntry`], makes the log durable, and only then answers. Behind that, a
//! [`Queue`] says which event is to be handed on next: each video's in their order, one at a time, again and
//! again until it is taken; a [`Position`] in a small file of its own says how far that went.
//!
//! Everything here is a function of values. Files, sockets and clocks belong to the caller;
//! `vod callback listen` is one. What may be relied on, as long as the caller keeps this order, wherever it
//! is cut off:
//!
//! - an event that was answered stands in the log exactly once;
//! - an event in the log is handed on at least once: what was under way when the process ended is handed on
//!   again;
//! - the first handing on of a video's events is in the order of the log.
//!
//! ```
//! use std::time::Duration;
//! use vod_core::Timestamp;
//! use vod_core::relay::{Next, Position, Queue};
//! use vod_core::retry::Policy;
//!
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let mut queue = Queue::new(Position::default(), Policy::default(), 8);
//! queue.push(1, ["video-a"]);
//! queue.push(2, ["video-a"]);
//! queue.push(3, ["video-b"]);
//! assert_eq!(queue.next(now), Next::Send { seq: 1, attempt: 1 });
//! // The second waits for the first; another video's does not.
//! assert_eq!(queue.next(now), Next::Send { seq: 3, attempt: 1 });
//! assert_eq!(queue.next(now), Next::Idle);
//! queue.done(3, true, now, 0);
//! queue.done(1, true, now, 0);
//! assert_eq!(queue.next(now), Next::Send { seq: 2, attempt: 1 });
//! assert_eq!(queue.position().through(), 1);
//! ```

mod entry;
mod position;
mod queue;
#[cfg(test)]
mod simulation;
mod window;

pub use entry::{Corrupt, DEEPEST, End, LogEntry, Scan, TooDeep};
pub use position::{BadPosition, Position};
pub use queue::{Next, Queue};
pub use window::Window;

use sha2::{Digest as _, Sha256};

/// The check on a piece of a file: 16 hex digits of SHA-256, which tell a torn or altered line from a whole
/// one. It is no signature: whoever can write the file can write the check, too.
fn checksum(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}

/// What stands between a line's content and its checksum.
const SUM: &str = ",\"sum\":\"";

/// Ends a line whose JSON object is open but for its closing brace.
fn close(mut line: String) -> String {
    let sum = checksum(line.as_bytes());
    line.push_str(SUM);
    line.push_str(&sum);
    line.push_str("\"}\n");
    line
}

/// The JSON object of a whole line, without its checksum; `None` where it is not whole.
fn open(line: &[u8]) -> Option<Vec<u8>> {
    // `,"sum":"` + 16 digits + `"}` + the end of the line.
    let at = line.len().checked_sub(SUM.len() + 16 + 3)?;
    let (content, rest) = line.split_at(at);
    let sum = rest.strip_prefix(SUM.as_bytes())?.strip_suffix(b"\"}\n")?;
    if sum != checksum(content).as_bytes() {
        return None;
    }
    let mut object = content.to_vec();
    object.push(b'}');
    Some(object)
}
