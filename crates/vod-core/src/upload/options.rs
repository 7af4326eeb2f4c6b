//! How an upload behaves: attempts, waits, part size, checksums, and what to do with a changed file.

use super::claims::Claims;
use super::digest::DigestKind;
use crate::call::retry::Policy;
use std::time::Duration;

/// Options of an upload. The defaults suit most uploads.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct UploadOptions {
    pub(super) policy: Policy,
    pub(super) patience: Duration,
    pub(super) part_size: Option<u64>,
    pub(super) changed: Changed,
    pub(super) again: bool,
    pub(super) note_within: Duration,
    pub(super) checksums: Checksums,
    pub(super) claims: Claims,
}

/// What to do with a file that has changed since its upload began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Changed {
    /// Fail, and leave everything as it is.
    #[default]
    Refuse,
    /// Remove what the old upload left at the provider, and upload the file as it is now.
    Restart,
}

/// Whether an upload compares what was sent with what has arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checksums {
    /// A checksum is computed while the file is sent, and compared with the storage's: CRC-64 at Polyv, MD5
    /// at QingCloud. If they differ, the bytes are sent again.
    ///
    /// CRC-64 runs at 10 GB/s and more, which is not noticed. MD5 runs at 0.5 to 0.7 GB/s on one core, on a
    /// thread of its own: it limits an upload to QingCloud over a line of more than 4 Gbit/s, and takes 1.5
    /// to 2 seconds of a core for each GiB over any other.
    #[default]
    Verify,
    /// No checksum is computed while the file is sent, and the storage's is taken as the file's. A byte that
    /// changes on its way is not noticed, unless a later run has to compare the file with that checksum.
    ///
    /// If the storage returns no checksum, as QingCloud's does for an encrypted object, the file is read once
    /// more after it was sent: the checkpoint needs a checksum to tell a changed file from the same. A file
    /// that goes to Polyv in one PUT is read before it is sent, as always.
    Skip,
}

impl Checksums {
    /// What is computed while a file is sent to a storage that returns checksums of this kind.
    pub(super) const fn of(self, kind: DigestKind) -> DigestKind {
        match self {
            Self::Verify => kind,
            Self::Skip => DigestKind::Skip,
        }
    }
}

impl Default for UploadOptions {
    /// Ten attempts of each request, with a backoff from 200 ms to 30 s; a lost connection is tolerated for
    /// five minutes.
    fn default() -> Self {
        Self {
            policy: Policy::default()
                .with_max_attempts(10)
                .with_backoff(Duration::from_millis(200), Duration::from_secs(30)),
            patience: Duration::from_secs(5 * 60),
            part_size: None,
            changed: Changed::Refuse,
            again: false,
            note_within: Duration::from_secs(60),
            checksums: Checksums::Verify,
            claims: Claims::default(),
        }
    }
}

impl UploadOptions {
    /// Sets the retry policy of each part and each call. [`Policy::total`] has no effect: an upload takes as
    /// long as its file needs.
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the number of attempts, at least 1, in place of the policy's.
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.policy = self.policy.with_max_attempts(attempts);
        self
    }

    /// How long a lost connection is tolerated before failed attempts count. Default: 5 minutes. Shorter
    /// outages use up no attempts; zero counts each.
    ///
    /// It is also the longest wait that a provider may ask for: a longer one fails the upload, which can be
    /// resumed later. Polyv blocks an address that sent too many requests for five minutes.
    pub const fn with_patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Sets the part size in bytes, from 100 KiB to 5 GiB. Default: 4 MiB. Parts are larger where the file
    /// would have more than 10,000 of them otherwise. A resumed upload keeps the part size that it began
    /// with.
    pub const fn with_part_size(mut self, bytes: u64) -> Self {
        self.part_size = Some(bytes);
        self
    }

    /// What to do with a file that has changed since its upload began. Default: [`Changed::Refuse`].
    pub const fn with_changed(mut self, changed: Changed) -> Self {
        self.changed = changed;
        self
    }

    /// Whether a file that has been uploaded is uploaded again, as another video. Default: no.
    pub const fn with_again(mut self, again: bool) -> Self {
        self.again = again;
        self
    }

    /// How long Polyv may take to register a finished object when its storage could not notify it. Default:
    /// 1 minute. After that the file is sent again.
    pub const fn with_note_within(mut self, time: Duration) -> Self {
        self.note_within = time;
        self
    }

    /// Whether what has arrived is compared with what was sent. Default: [`Checksums::Verify`].
    pub const fn with_checksums(mut self, checksums: Checksums) -> Self {
        self.checksums = checksums;
        self
    }

    /// Sets the claims that this upload shares with the other uploads of its client.
    pub fn with_claims(mut self, claims: Claims) -> Self {
        self.claims = claims;
        self
    }
}
