//! What an import needs of its journal, whichever database it is in.

use crate::JournalError;
use vod_core::Timestamp;
use vod_core::import::{Claimed, Class, Looks, OrderId, OrderState, RowKey, Write};
use vod_core::operation::Provider;
use vod_core::polyv::callback::EventType;
use vod_core::polyv::upload::UploadInfo;

/// The journal: what is durable of imports. A call that returned `Ok` has been written to disk, unless its
/// documentation says otherwise; one that failed has changed nothing, or all of it.
///
/// Implementations keep to the rules of [`vod_core::import`]; they decide nothing themselves. All of them pass
/// one suite of tests.
pub trait Journal: Send {
    /// The import of this name; made if there is none.
    ///
    /// # Errors
    /// [`JournalError`], here and below.
    fn open(&mut self, name: &str, now: Timestamp) -> Result<ImportRecord, JournalError>;

    /// The import of this name, if there is one.
    fn find(&mut self, name: &str) -> Result<Option<ImportRecord>, JournalError>;

    /// All imports with their counts, the newest first.
    fn imports(&mut self) -> Result<Vec<(ImportRecord, Counts)>, JournalError>;

    /// Takes the import for this process, so that no other reads a manifest into it at the same time. Ends with
    /// the process, or with [`release`](Self::release).
    ///
    /// # Errors
    /// [`JournalError::Held`] names the process that has it.
    fn hold(&mut self, import: ImportId) -> Result<(), JournalError>;

    /// Gives the import back.
    fn release(&mut self, import: ImportId) -> Result<(), JournalError>;

    /// Removes the import with all its rows, orders and videos. Orders in flight lose their record, so callers
    /// ask first.
    fn forget(&mut self, import: ImportId) -> Result<(), JournalError>;

    /// Begins to read a manifest: what an earlier one had of invalid and repeated rows is dropped.
    /// Returns the number of this reading, from 1.
    fn begin(&mut self, import: ImportId, now: Timestamp) -> Result<u64, JournalError>;

    /// Takes rows of the manifest, in one transaction. A power failure can take them back until the next other
    /// call that changes the journal, [`finish`](Self::finish) or [`write`](Self::write): then the manifest is
    /// read again. Calls of many rows are faster, up to some ten thousand.
    ///
    /// - A row whose key is new is put into an order of at most `per_order` rows with this template. The
    ///   order can be claimed when it is full, or after [`finish`](Self::finish).
    /// - A row whose key an earlier manifest had keeps its state; its line becomes the new one.
    /// - A row whose key this manifest had before is [`RowState::Skipped`], with the line of the first.
    /// - An invalid row is kept with its reason.
    fn plan(&mut self, import: ImportId, reading: u64, plan: &Plan<'_>) -> Result<Planned, JournalError>;

    /// Ends the reading: orders that are not full can be claimed too.
    fn finish(&mut self, import: ImportId, reading: u64) -> Result<(), JournalError>;

    /// Applies outcomes and claims orders, in one transaction. An outcome is applied as
    /// [`OrderState::after`] says, if the order is in that attempt; halves of a split order have one more
    /// [`depth`](OrderRecord::depth) and its template. Claimed are planned orders of the greatest depth first,
    /// then by number; each becomes `sending`, with `signed_at`, in the attempt that is returned.
    fn write(
        &mut self,
        import: ImportId,
        write: &Write,
        now: Timestamp,
    ) -> Result<Vec<ClaimedOrder>, JournalError>;

    /// The orders that may have been executed, in the order of their numbers.
    fn open_orders(&mut self, import: ImportId) -> Result<Vec<OrderRecord>, JournalError>;

    /// The classes of all titles that open orders have: accepted rows without a video, open rows by order, and
    /// videos that no row is tied to. Rows that failed are left out. An order that is planned again on the
    /// user's word may have been executed, so it counts as open; videos count from
    /// [`earliest_creation`](vod_core::import::earliest_creation) of the first of the orders on.
    fn classes(&mut self, import: ImportId) -> Result<Vec<Class>, JournalError>;

    /// Takes orders for executed, as [`OrderState::proven`] says. One that was never claimed, or was certainly
    /// not executed, stays as it is. Returns how many changed.
    fn prove(&mut self, import: ImportId, numbers: &[u64], now: Timestamp) -> Result<u64, JournalError>;

    /// Keeps what was looked at for open orders; an order in state `unknown` becomes `assumed` where the
    /// second member says so.
    fn looked(
        &mut self,
        import: ImportId,
        looks: &[(OrderId, Looks, bool)],
        now: Timestamp,
    ) -> Result<(), JournalError>;

    /// Plans these orders again, as far as they are assumed: the user's word. Unknown ones may still be executed,
    /// and stay. Returns the rows that are planned.
    fn resend(&mut self, import: ImportId, numbers: &[u64], now: Timestamp) -> Result<u64, JournalError>;

    /// Plans failed and refused rows again, in new orders of at most `per_order` rows. Returns how many. A row
    /// that failed gets a new number, and so a new minted state: a late or repeated callback of the failure
    /// must not be taken for one of the new order.
    fn retry(&mut self, import: ImportId, per_order: u32, now: Timestamp) -> Result<u64, JournalError>;

    /// Takes videos of the provider's list. A video that is known already is updated. Then, for each of their
    /// titles: if no row of an open order has it and there are as many untied videos as accepted rows, these
    /// rows are [`RowState::Fetched`]; a row gets a video's id and play URL only if it is the only one
    /// ([`Class::is_certain`]). Their videos are tied from then on. The same is done later for videos that were
    /// seen before their order was settled.
    /// Returns how many rows changed.
    fn saw(&mut self, import: ImportId, videos: &[SeenVideo], now: Timestamp) -> Result<u64, JournalError>;

    /// Takes a callback's event, in any import of the journal. The row is found by its `state`, minted or its
    /// own; where several rows have it, by URL and title too. Its order is proven. A row whose order was never
    /// sent, or certainly not executed, is not found. Returns whether a row was found.
    fn event(&mut self, event: &RowEvent, now: Timestamp) -> Result<bool, JournalError>;

    /// How many rows are in which state. With a reading, only rows that this manifest had.
    fn counts(&mut self, import: ImportId, reading: Option<u64>) -> Result<Counts, JournalError>;

    /// Rows by line and number, `limit` at most, after the one that `after` names; only those in one of
    /// `states`, or all if it is empty. With a reading, only rows that this manifest had.
    fn rows(&mut self, import: ImportId, query: &RowQuery<'_>) -> Result<Vec<RowRecord>, JournalError>;

    /// When the earliest order that has rows without a final state was signed: lists are read from there.
    fn listed_from(&mut self, import: ImportId) -> Result<Option<Timestamp>, JournalError>;
}

/// An import by its number in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a number")]
pub struct ImportId(pub i64);

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each journal")]
pub struct ImportRecord {
    /// Its number.
    pub id: ImportId,
    /// Its name.
    pub name: String,
    /// What its minted states are made with: random, drawn once.
    pub token: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Rows of a manifest that are planned together.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by each driver")]
pub struct Plan<'r> {
    /// The rows.
    pub rows: &'r [PlanRow],
    /// The options of the orders: JSON of [`UploadUrls`](vod_core::polyv::upload::UploadUrls) without its
    /// videos, under the wire's names.
    pub template: &'r str,
    /// Rows in an order, at most.
    pub per_order: u32,
}

/// A row of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each driver")]
pub struct PlanRow {
    /// The line of the manifest, from 1.
    pub line: u64,
    /// What the row has, as far as it could be read.
    pub info: UploadInfo,
    /// The key of a good row; the reason of an invalid one.
    pub key: Result<RowKey, String>,
}

/// What came of planned rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each journal")]
pub struct Planned {
    /// Rows whose keys are new.
    pub new: u64,
    /// Rows that an earlier manifest had.
    pub known: u64,
    /// Rows that this manifest had before.
    pub skipped: u64,
    /// Rows that are not valid.
    pub invalid: u64,
}

/// A claimed order with what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each journal")]
pub struct ClaimedOrder {
    /// Its number, attempt and count of rows.
    pub claimed: Claimed,
    /// Its options, as [`Plan::template`] had them.
    pub template: String,
    /// The time that it is signed with.
    pub signed_at: Timestamp,
    /// Its rows. Those without a `state` have a minted one
    /// ([`MintedState`](vod_core::import::MintedState) of the import's token and the row's number).
    pub rows: Vec<UploadInfo>,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each journal")]
pub struct OrderRecord {
    /// Its number and current attempt.
    pub order: OrderId,
    /// Its state.
    pub state: OrderState,
    /// How many rows it has.
    pub rows: u32,
    /// How often its rows were split.
    pub depth: u32,
    /// The time that its current attempt was signed with.
    pub signed_at: Timestamp,
    /// What was looked at since.
    pub looks: Looks,
}

/// A video as the provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each driver")]
pub struct SeenVideo {
    /// Its id.
    pub vid: String,
    /// Its title.
    pub title: String,
    /// When it was created, by the provider's clock.
    pub created_at: Timestamp,
    /// Where it is played, if it can be.
    pub play_url: Option<String>,
}

/// A verified callback that is about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the two events that rows have")]
pub enum RowEvent {
    /// The video is there (`upload`).
    Fetched {
        /// The row's `state`.
        state: String,
        /// The video's id.
        vid: String,
    },
    /// The URL could not be fetched (`async_upload`).
    Failed {
        /// The row's `state`, if the event has it.
        state: Option<String>,
        /// The row's URL.
        file_url: String,
        /// The row's title.
        title: String,
    },
}

impl RowEvent {
    /// What a verified callback says about a row, from the JSON of
    /// [`Verified`](vod_core::callback::Verified::to_json): Polyv's `upload`, `invalidVideo` and
    /// `async_upload`. `None` for all others, and for an upload without a `state`.
    #[must_use]
    pub fn of(verified: &serde_json::Value) -> Option<Self> {
        let field = |name: &str| verified["fields"][name].as_str().map(str::to_owned);
        if verified["provider"] != Provider::Polyv.name() {
            return None;
        }
        match EventType::from_wire(verified["event"].as_str()?)? {
            EventType::Upload | EventType::InvalidVideo => {
                Some(Self::Fetched { state: field("state")?, vid: field("vid")? })
            }
            EventType::AsyncUpload => Some(Self::Failed {
                state: field("state"),
                file_url: field("fileUrl")?,
                title: field("title").unwrap_or_default(),
            }),
            _ => None,
        }
    }
}

/// The state of a row: that of its order, until something is known of the row itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RowState {
    /// Breaks a limit; it is never sent.
    Invalid,
    /// Its key stands in the manifest before.
    Skipped,
    /// To be sent.
    Planned,
    /// On its way.
    Sending,
    /// May have been accepted.
    Unknown,
    /// Probably not accepted: it was looked for twice.
    Assumed,
    /// Accepted; the provider fetches it.
    Accepted,
    /// Refused by the provider.
    Refused,
    /// The video is there.
    Fetched,
    /// The provider could not fetch it.
    Failed,
}

impl RowState {
    /// All states, in the order of their life.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Skipped,
        Self::Planned,
        Self::Sending,
        Self::Unknown,
        Self::Assumed,
        Self::Accepted,
        Self::Refused,
        Self::Fetched,
        Self::Failed,
    ];

    /// Its name: `invalid`, `skipped`, ….
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Skipped => "skipped",
            Self::Planned => "planned",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Assumed => "assumed",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Fetched => "fetched",
            Self::Failed => "failed",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Rows by state. They add up to all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each journal")]
pub struct Counts {
    /// By the index of [`RowState::ALL`].
    pub by_state: [u64; RowState::ALL.len()],
    /// Orders that were sent, or are to be; split ones are not counted.
    pub orders: u64,
}

impl Counts {
    /// The rows in this state.
    #[must_use]
    pub fn of(&self, state: RowState) -> u64 {
        RowState::ALL.iter().position(|one| *one == state).map_or(0, |at| self.by_state[at])
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.by_state.iter().sum()
    }
}

/// Which rows are wanted.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by each caller")]
pub struct RowQuery<'q> {
    /// Only rows that this manifest had.
    pub reading: Option<u64>,
    /// Only rows in these states; all if empty.
    pub states: &'q [RowState],
    /// Only rows after this line and number.
    pub after: (u64, u64),
    /// How many at most.
    pub limit: u32,
}

/// A row as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by each journal")]
pub struct RowRecord {
    /// Its number in the journal.
    pub number: u64,
    /// The line of the manifest that had it last, from 1.
    pub line: u64,
    /// Its URL, title and `state` as sent.
    pub info: UploadInfo,
    /// Its state.
    pub state: RowState,
    /// Why: the violations, the refusal's code and message, the failure, or the line of the same row.
    pub reason: Option<String>,
    /// The video's id, where it is certain.
    pub vid: Option<String>,
    /// Where the video is played.
    pub play_url: Option<String>,
    /// When its order was sent.
    pub sent_at: Option<Timestamp>,
    /// When its state was settled.
    pub settled_at: Option<Timestamp>,
}
