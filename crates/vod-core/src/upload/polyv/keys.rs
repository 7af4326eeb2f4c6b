//! Temporary keys, and when to get new ones.

use crate::error::Error;
use crate::polyv::upload::UploadTicket;
use crate::time::Timestamp;
use crate::upload::storage::oss::Keys;
use std::time::Duration;

/// Keys are not used in the last minute of their life, nor in the last quarter if that is shorter.
const MARGIN: Duration = Duration::from_secs(60);
/// How many new keys in a row the storage may refuse.
const MAX_REFUSED: u32 = 3;

/// The keys of the last ticket.
#[derive(Debug)]
pub(super) struct CurrentKeys {
    pub(super) keys: Keys,
    /// The number of these keys in this run, from 1.
    pub(super) generation: u32,
    /// When the ticket was asked for.
    asked_at: Timestamp,
    life: Duration,
    /// The storage has refused them.
    are_dead: bool,
    /// How many keys in a row the storage has refused.
    refused: u32,
}

impl CurrentKeys {
    /// The keys of a ticket that was asked for at `asked_at`: their life is counted from then on.
    pub(super) fn new(
        ticket: &UploadTicket,
        asked_at: Timestamp,
        before: Option<&Self>,
    ) -> Result<Self, Error> {
        let keys = Keys::new(
            ticket.access_key_id.clone(),
            ticket.access_key_secret.clone(),
            ticket.security_token.clone(),
        )?;
        Ok(Self {
            keys,
            generation: before.map_or(0, |before| before.generation) + 1,
            asked_at,
            life: Duration::from_secs(ticket.validity_seconds),
            are_dead: false,
            refused: before.map_or(0, |before| before.refused),
        })
    }

    /// Whether they may sign a request. If the clock was set back, their age is unknown: they are used until
    /// the storage refuses them.
    pub(super) fn are_fresh(&self, now: Timestamp) -> bool {
        !self.are_dead && now.since(self.asked_at) + MARGIN.min(self.life / 4) < self.life
    }

    /// The storage has refused the keys of this generation. `false` if it has refused too many new keys.
    pub(super) const fn refuse(&mut self, generation: u32) -> bool {
        if generation == self.generation && !self.are_dead {
            self.are_dead = true;
            self.refused += 1;
        }
        self.refused <= MAX_REFUSED
    }

    /// Whether the storage has refused both these keys and those before them.
    pub(super) const fn are_refused_again(&self) -> bool {
        self.are_dead && self.refused > 1
    }

    /// The keys are valid, but have no right to what was asked.
    pub(super) const fn lack_a_right(&mut self) {
        (self.are_dead, self.refused) = (false, 0);
    }

    /// The storage has accepted them.
    pub(super) const fn accepted(&mut self) {
        self.refused = 0;
    }
}
