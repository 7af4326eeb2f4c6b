//! QingCloud's upload against a scripted provider: whatever comes, it ends, no media is left without a word, and nothing is called done that is not.

mod common;

use common::AT;
use std::collections::BTreeMap;
use std::time::Duration;
use vod_core::error::{Error, Fault, FaultKind};
use vod_core::operation::Effect;
use vod_core::qingcloud::upload::{ApplyUpload, CommitStatus, CommitUpload, Committed, UploadSource, UploadTicket};
use vod_core::retry::Policy;
use vod_core::upload::qingcloud::{PutOutcome, Step, URL_LIFETIME, Upload};
use vod_core::{Operation, Timestamp};

/// Splitmix64: the seed is the whole of the randomness.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// What the provider knows of a media.
#[derive(Default)]
struct Media {
    /// Whether its ticket reached the client.
    told: bool,
    put: bool,
    /// What was said of it, whether or not the word arrived.
    said: Vec<CommitStatus>,
    /// Whether the upload was given up before its PUT came to an end.
    given_up: bool,
    /// What arrived.
    committed: Option<CommitStatus>,
}

struct World {
    random: Random,
    now: Timestamp,
    media: BTreeMap<String, Media>,
    /// The ticket in hand, and when it was asked for.
    ticket: Option<(String, Timestamp)>,
    puts: u32,
    cancelled: bool,
}

fn lost(operation: &'static str, effect: Effect, arrived: bool) -> Error {
    Error::transport(operation, effect, Fault::new(if arrived { FaultKind::Broken } else { FaultKind::Connect }, arrived), 1)
}

fn refusal<O: Operation<Output: std::fmt::Debug>>() -> Error {
    O::read(&common::answer(200, r#"{"ret_code":2400,"message":"no money"}"#)).unwrap_err()
}

impl World {
    fn passes(&mut self, most_seconds: u64) {
        let millis = self.random.below(most_seconds * 1000 + 1);
        self.now = self.now.plus(Duration::from_millis(millis));
    }

    fn apply(&mut self) -> Result<UploadTicket, Error> {
        assert!(!self.cancelled, "a new media for an upload that was given up");
        for media in self.media.values().filter(|media| media.told) {
            assert_eq!(media.said, [CommitStatus::Cancelled], "a new media while the last one waits");
        }
        let slow = self.random.below(20) == 0;
        self.passes(if slow { 300 } else { 2 });
        let fate = self.random.below(20);
        if fate == 0 {
            return Err(lost("qingcloud.upload.apply", Effect::Once, false));
        }
        if fate == 1 {
            return Err(refusal::<ApplyUpload>());
        }
        let id = format!("m{}", self.media.len());
        let told = fate != 2;
        self.media.insert(id.clone(), Media { told, ..Media::default() });
        if !told {
            return Err(lost("qingcloud.upload.apply", Effect::Once, true));
        }
        let body = serde_json::json!({ "MediaId": id, "StoragePath": format!("https://s3.example.com/{id}?X-Amz-Signature=x") });
        Ok(ApplyUpload::read(&common::flat(body)).unwrap().into_output())
    }

    fn put(&mut self, url: &str) -> PutOutcome {
        let (id, asked) = self.ticket.clone().expect("a PUT without a ticket");
        assert_eq!(url, format!("https://s3.example.com/{id}?X-Amz-Signature=x"), "the URL of the ticket in hand");
        assert!(!self.cancelled, "a PUT for an upload that was given up");
        // The provider's three minutes began after the question, so that counting from the question is on the safe side.
        assert!(self.now.since(asked) < URL_LIFETIME - Duration::from_secs(10), "a PUT on a URL that is about to expire");
        let media = self.media.get_mut(&id).unwrap();
        assert!(media.said.is_empty(), "a PUT for a media that was committed");
        self.puts += 1;
        let answer = |status, code: &str, message: &str| PutOutcome::Answer {
            status,
            body: format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>").into_bytes(),
        };
        let fate = self.random.below(16);
        let outcome = match fate {
            0 => answer(500, "InternalError", ""),
            1 => answer(503, "SlowDown", "reduce your request rate"),
            2 => answer(403, "AccessDenied", "Request has expired"),
            3 => answer(403, "SignatureDoesNotMatch", ""),
            4 => answer(404, "NoSuchBucket", ""),
            5 => PutOutcome::Answer { status: 413, body: b"\xff<html>".to_vec() },
            6 => PutOutcome::Fault(Fault::new(FaultKind::Connect, false)),
            7 => PutOutcome::Fault(Fault::new(FaultKind::Timeout, true)),
            8 => PutOutcome::Fault(Fault::new(FaultKind::Source, true)),
            9 => {
                media.put = true;
                PutOutcome::Fault(Fault::new(FaultKind::Broken, true))
            }
            _ => {
                media.put = true;
                PutOutcome::Answer { status: 200 + (fate % 2) as u16 * 4, body: Vec::new() }
            }
        };
        let slow = self.random.below(4) == 0;
        self.passes(if slow { 400 } else { 20 });
        // A cancel while bytes are on their way comes back as a fault.
        if self.random.below(20) == 0 {
            self.cancelled = true;
            self.media.get_mut(&id).unwrap().given_up = true;
            return PutOutcome::Fault(Fault::new(FaultKind::Cancelled, true));
        }
        outcome
    }

    fn commit(&mut self, commit: &CommitUpload) -> Result<Committed, Error> {
        assert_eq!(commit.source, Some(UploadSource::Sdk));
        self.passes(3);
        let media = self.media.get_mut(&commit.media_id).expect("a media that was applied for");
        media.said.push(commit.status);
        assert!(!media.given_up || commit.status == CommitStatus::Cancelled, "given up, and called {:?}", commit.status);
        assert!(commit.status != CommitStatus::Created || media.put, "called created, and is not there");
        let fate = self.random.below(10);
        if fate != 0 && fate != 1 {
            media.committed = Some(commit.status);
        }
        match fate {
            0 => Err(lost("qingcloud.upload.commit", Effect::Idempotent, false)),
            1 => Err(refusal::<CommitUpload>()),
            2 => Err(lost("qingcloud.upload.commit", Effect::Idempotent, true)),
            _ => Ok(CommitUpload::read(&common::flat(serde_json::json!({ "MediaId": commit.media_id }))).unwrap().into_output()),
        }
    }
}

/// Whether a PUT's outcome settles what becomes of the media, so that a cancel comes too late.
fn decided(outcome: &PutOutcome, puts: u32, attempts: u32) -> bool {
    match outcome {
        PutOutcome::Answer { status: 500 | 503, .. } => puts >= attempts,
        PutOutcome::Fault(fault) => puts >= attempts && fault.kind != FaultKind::Cancelled || fault.kind == FaultKind::Source,
        _ => true,
    }
}

/// Runs one upload; returns whether it came to be done.
fn simulate(seed: u64) -> bool {
    let mut world = World { random: Random(seed), now: AT, media: BTreeMap::new(), ticket: None, puts: 0, cancelled: false };
    let attempts = world.random.below(6) as u32;
    let policy = Policy::default().with_max_attempts(attempts).with_backoff(Duration::from_millis(200), Duration::from_secs(10));
    let mut upload = Upload::new(ApplyUpload::new("t", "pek3b", "MP4"), policy, world.random.next());
    let cancel_at = world.random.below(40);
    // Whether the next step is a commit that has been decided upon already.
    let mut committing = false;
    for step in 0..60 {
        if step == cancel_at {
            world.cancelled = true;
        }
        if world.cancelled {
            upload.cancel();
            // Before its first PUT, or between two of them.
            if let Some((id, _)) = world.ticket.clone().filter(|_| !committing) {
                world.media.get_mut(&id).unwrap().given_up = true;
            }
        }
        match upload.next(world.now) {
            Step::Apply(_) => {
                let asked = world.now;
                let result = world.apply();
                world.ticket = result.as_ref().ok().map(|ticket| (ticket.media_id.clone(), asked));
                upload.applied(result, asked);
            }
            Step::Put { url, content_type } => {
                assert_eq!(content_type, "video/mp4");
                let outcome = world.put(&url);
                committing = decided(&outcome, world.puts, attempts);
                if world.cancelled {
                    upload.cancel();
                }
                upload.put(outcome, world.now);
            }
            Step::Commit(commit) => {
                assert_eq!(upload.media_id(), Some(commit.media_id.as_str()));
                let result = world.commit(&commit);
                (committing, world.ticket) = (false, None);
                upload.committed(result);
            }
            Step::Wait(wait) => {
                assert!(wait > Duration::ZERO && wait <= Duration::from_secs(10), "seed {seed}: {wait:?}");
                world.now = world.now.plus(wait);
            }
            Step::Done(uploaded) => {
                over(&world, &upload, seed, attempts);
                let media = &world.media[&uploaded.media_id];
                assert!(media.put && media.committed == Some(CommitStatus::Created), "seed {seed}: done, and is not there");
                return true;
            }
            Step::Failed(_) => {
                over(&world, &upload, seed, attempts);
                return false;
            }
        }
    }
    panic!("seed {seed}: the upload does not end");
}

fn over(world: &World, upload: &Upload, seed: u64, attempts: u32) {
    assert!(world.media.len() <= 3 && world.puts <= attempts.max(1) + 2, "seed {seed}: {} media, {} PUTs", world.media.len(), world.puts);
    for (id, media) in world.media.iter().filter(|(_, media)| media.told) {
        assert_eq!(media.said.len(), 1, "seed {seed}: {id} is left without a word, or has several");
        // Whatever the provider does not know of, the caller does.
        assert!(media.committed.is_some() || upload.unsettled().contains(id), "seed {seed}: {id} is forgotten");
    }
    assert_eq!(upload.media_id(), None, "seed {seed}");
}

#[test]
fn uploads_under_thirty_thousand_seeds() {
    let done = (0..30_000).filter(|seed| simulate(*seed)).count();
    // Both ends are reached often enough to have been tested.
    assert!((6_000..24_000).contains(&done), "{done} of 30000");
}
