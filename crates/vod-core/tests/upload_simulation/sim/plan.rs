//! What goes wrong in a seed.

use super::Sim;
use crate::client::Client;
use crate::file::{File, UNIT};
use crate::polyv::Polyv;
use crate::qingcloud::QingCloud;
use crate::world::{Counts, Random};
use std::collections::BTreeMap;
use vod_core::operation::Provider;
use vod_core::upload::Claims;
use vod_core::{Accounts, Timestamp};

/// What happens to the file, or what the user wants, during the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twist {
    None,
    /// Another modification time, the same bytes.
    Touch,
    /// Other bytes.
    Change,
    /// Other bytes, which the fingerprint's sample does not show.
    Sneak,
    CancelToken,
    Abort,
    /// Somebody deletes the unfinished media at the provider.
    Delete,
}

/// What goes wrong.
#[derive(Debug)]
pub(super) struct Plan {
    /// One in this many requests goes wrong; 0 for none.
    pub(super) trouble: u64,
    pub(super) deaths: u64,
    /// The process dies at one in this many events.
    pub(super) death: u64,
    pub(super) save_fails: u64,
    pub(super) twist: Twist,
    pub(super) twist_at: u32,
    pub(super) slots: usize,
    pub(super) attempts: u32,
    /// How far the client's clock is ahead, in milliseconds.
    pub(super) ahead: i64,
    /// The event at which that clock is set; 0 for never.
    pub(super) clock_at: u32,
}

impl Sim {
    pub(super) fn new(provider: Provider, seed: u64) -> Self {
        let random = Random::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ provider.name().len() as u64);
        let units = match random.below(400) {
            0 => 100 + random.below(300),
            1..=12 => 64,
            _ => random.below(8),
        };
        let size = (units * UNIT + random.pick(&[0, 1, 8, 777])).max(1);
        let file = File { size, version: 1, modified: 1_600_000_000_000, sample: 1 };
        let calm = random.one_in(8);
        let maybe = |of: &[u64]| if calm { 0 } else { random.pick(of) };
        let plan = Plan {
            trouble: maybe(&[0, 0, 50, 12, 6, 4]),
            deaths: maybe(&[0, 0, 1, 2, 5]),
            save_fails: maybe(&[0, 0, 0, 10]),
            death: random.pick(&[6, 20, 80]),
            twist: if calm {
                Twist::None
            } else {
                random.pick(&[
                    Twist::None,
                    Twist::None,
                    Twist::None,
                    Twist::None,
                    Twist::Touch,
                    Twist::Change,
                    Twist::Sneak,
                    Twist::CancelToken,
                    Twist::Abort,
                    Twist::Delete,
                ])
            },
            twist_at: random.below(random.pick(&[8, 40, 200])) as u32,
            slots: random.pick(&[1, 2, 3, 8]),
            attempts: random.pick(&[3, 10, 10]),
            ahead: random.pick(&[0, 0, 700, 45_000, -45_000, 3_600_000, -3_600_000]),
            clock_at: if !calm && random.one_in(8) { 1 + random.below(60) as u32 } else { 0 },
        };
        let maybe =
            |one_in: u64, of: &[u64]| if !calm && random.one_in(one_in) { random.pick(of) } else { 0 };
        let polyv = Polyv {
            validity: if calm { 3600 } else { random.pick(&[60, 900, 3600, 3600]) },
            storage_ahead: if calm { 0 } else { random.pick(&[0, 0, 0, 60_000, 1_800_000]) },
            page: random.pick(&[1, 3, 1000]),
            lists_checksums: !random.one_in(16),
            callback_fails_one_in: maybe(8, &[1, 2, 4]),
            registers_late: random.one_in(2),
            forgets_one_in: maybe(8, &[10, 50]),
            rots_one_in: maybe(16, &[3, 20]),
            free: if maybe(20, &[1]) == 1 { Some(size - 1) } else { None },
            ..Polyv::default()
        };
        let polyv = match random.one_in(8) {
            // Without a HEAD nothing can find out that the object has other bytes.
            true if !calm => Polyv { denies: true, keeps_bytes: true, rots_one_in: 0, ..polyv },
            _ => polyv,
        };
        let says_expiry = random.one_in(2);
        let expires = if says_expiry { random.pick(&[30, 180, 900]) } else { 180 };
        let qingcloud = QingCloud {
            expires,
            says_expiry,
            hides: random.one_in(4),
            conflicts: random.one_in(4),
            ..QingCloud::default()
        };
        let several = provider == Provider::QingCloud && random.one_in(3);
        let clients = (0..if several { 3 } else { 1 }).map(|_| Client::new(file)).collect();
        let accounts = Accounts::from(vod_core::polyv::Credentials::new("u", "canary"))
            .with_qingcloud(vod_core::qingcloud::Credentials::new("ID", "canary"));
        Self {
            seed,
            prints: false,
            provider,
            accounts,
            claims: Claims::default(),
            now: Timestamp::from_millis(1_700_000_000_000),
            polyv,
            qingcloud,
            clients,
            events: BTreeMap::new(),
            planned: 0,
            handled: 0,
            versions: vec![file],
            counts: Counts { seeds: 1, ..Counts::default() },
            plan,
            random,
        }
    }
}
