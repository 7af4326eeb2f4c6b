//! How an upload behaves: attempts, waits, part size, and what to do with a changed file.

use super::claims::Claims;
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

    /// Sets the claims that this upload shares with the other uploads of its client.
    pub fn with_claims(mut self, claims: Claims) -> Self {
        self.claims = claims;
        self
    }
}
