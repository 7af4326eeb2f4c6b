//! Temporary keys, and when to ask for new ones.

use crate::error::Error;
use crate::polyv::upload::UploadTicket;
use crate::time::Timestamp;
use crate::upload::storage::oss::Keys;
use std::time::Duration;

/// Keys are not used in their last minute; nor in their last quarter, where that is shorter.
const MARGIN: Duration = Duration::from_secs(60);
/// How often in a row the storage may refuse keys that were just made.
const MAX_REFUSED: u32 = 3;

/// The keys in hand.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) keys: Keys,
    /// Counts the keys that there have been, from 1.
    pub(super) generation: u32,
    since: Timestamp,
    life: Duration,
    dead: bool,
    refused: u32,
}

impl Held {
    /// The keys of a ticket that was asked for at `since`: from then on their time runs.
    pub(super) fn new(ticket: &UploadTicket, since: Timestamp, before: Option<&Self>) -> Result<Self, Error> {
        let keys = Keys::new(
            ticket.access_key_id.clone(),
            ticket.access_key_secret.clone(),
            ticket.security_token.clone(),
        )?;
        Ok(Self {
            keys,
            generation: before.map_or(0, |before| before.generation) + 1,
            since,
            life: Duration::from_secs(ticket.validity_seconds),
            dead: false,
            refused: before.map_or(0, |before| before.refused),
        })
    }

    /// Whether a request may be signed with them.
    pub(super) fn are_fresh(&self, now: Timestamp) -> bool {
        // Where the clock was set back, what is left of them is not known; the storage will say when they
        // have ended.
        !self.dead && now.since(self.since) + MARGIN.min(self.life / 4) < self.life
    }

    /// The storage has refused keys of this generation; `false` where it has refused too many that were new.
    pub(super) const fn refuse(&mut self, generation: u32) -> bool {
        if generation == self.generation && !self.dead {
            self.dead = true;
            self.refused += 1;
        }
        self.refused <= MAX_REFUSED
    }

    /// Whether the storage refused them, and those before them.
    pub(super) const fn are_refused_again(&self) -> bool {
        self.dead && self.refused > 1
    }

    /// They are good, and have no right to what was asked.
    pub(super) const fn lack_a_right(&mut self) {
        (self.dead, self.refused) = (false, 0);
    }

    /// The storage has taken them.
    pub(super) const fn accepted(&mut self) {
        self.refused = 0;
    }
}
