//! What the uploads of one client know of each other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The media that uploads of one client have under way, and the titles that are being applied with. Clones are the same.
///
/// QingCloud tells nothing of whose an unfinished media is. An upload that looks for the one which an unanswered call may have made must not take that of a
/// neighbour with the same title for it.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    titles: BTreeSet<String>,
    media: BTreeSet<String>,
}

impl Claims {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_media(&self, id: &str) -> bool {
        self.inner().media.contains(id)
    }
}

/// What one upload has claimed, given back when it ends.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    title: Option<String>,
    media: Option<String>,
}

impl Claim {
    pub(super) const fn new(claims: Claims) -> Self {
        Self { claims, title: None, media: None }
    }

    /// Whether nobody else applies with this title; from then on this upload does.
    pub(super) fn title(&mut self, title: &str) -> bool {
        if self.title.is_some() {
            return true;
        }
        let mine = self.claims.inner().titles.insert(title.to_owned());
        if mine {
            self.title = Some(title.to_owned());
        }
        mine
    }

    /// This media is this upload's; its title is free again.
    pub(super) fn media(&mut self, id: &str) {
        let mut inner = self.claims.inner();
        if let Some(media) = self.media.replace(id.to_owned()) {
            inner.media.remove(&media);
        }
        inner.media.insert(id.to_owned());
        if let Some(title) = self.title.take() {
            inner.titles.remove(&title);
        }
    }

    pub(super) fn is_of_another(&self, id: &str) -> bool {
        self.media.as_deref() != Some(id) && self.claims.has_media(id)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut inner = self.claims.inner();
        if let Some(title) = &self.title {
            inner.titles.remove(title);
        }
        if let Some(media) = &self.media {
            inner.media.remove(media);
        }
    }
}
