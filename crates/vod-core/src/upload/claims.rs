//! What the uploads of one client know about each other.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many media that may be complete a client remembers. Those whose objects may not be visible everywhere
/// yet are among the last ones.
const KEPT: usize = 10_000;

/// The QingCloud media that the uploads of one client have under way or have lately finished, and the titles
/// that they are applying with. Clones share one state.
///
/// QingCloud does not say who applied for an unfinished media. An upload that searches for the media of an
/// apply without an answer must not mistake that of another upload with the same title for its own.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    titles: BTreeSet<String>,
    media: BTreeSet<String>,
    /// The media among them that may be complete, in that order. Their uploads may have ended.
    kept: VecDeque<String>,
}

impl Inner {
    /// No upload has this media under way any more. It stays known if it may be complete.
    fn release(&mut self, media: &str) {
        if !self.kept.iter().any(|kept| kept == media) {
            self.media.remove(media);
        }
    }
}

impl Claims {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_media(&self, id: &str) -> bool {
        self.inner().media.contains(id)
    }
}

/// What one upload has claimed, released when it is dropped.
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

    /// Claims this title, trimmed, and releases the one before; `false` if another upload has it.
    pub(super) fn title(&mut self, title: &str) -> bool {
        let title = title.trim();
        if self.title.as_deref() == Some(title) {
            return true;
        }
        let mut inner = self.claims.inner();
        if let Some(other) = self.title.take() {
            inner.titles.remove(&other);
        }
        let mine = inner.titles.insert(title.to_owned());
        self.title = mine.then(|| title.to_owned());
        mine
    }

    /// Claims this media, and releases the title.
    pub(super) fn media(&mut self, id: &str) {
        let mut inner = self.claims.inner();
        if let Some(media) = self.media.replace(id.to_owned()) {
            inner.release(&media);
        }
        inner.media.insert(id.to_owned());
        if let Some(title) = self.title.take() {
            inner.titles.remove(&title);
        }
    }

    /// Keeps the claimed media claimed after this upload has ended, as it may be complete.
    pub(super) fn keep(&mut self) {
        let Some(media) = self.media.take() else { return };
        let mut inner = self.claims.inner();
        // Committed again, it is among the last ones.
        inner.kept.retain(|kept| *kept != media);
        inner.kept.push_back(media);
        if inner.kept.len() > KEPT
            && let Some(oldest) = inner.kept.pop_front()
        {
            inner.media.remove(&oldest);
        }
    }

    /// Whether another upload has claimed this media.
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
            inner.release(media);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_has_one_title_at_a_time() {
        let claims = Claims::default();
        let (mut first, mut second) = (Claim::new(claims.clone()), Claim::new(claims));
        assert!(first.title("a") && first.title("a") && second.title("b"));
        // To try for another's title releases one's own.
        assert!(!first.title("b") && second.title("a"));
        assert!(first.title("b") && !first.title("a"));
        drop(second);
        assert!(first.title("a"));
    }

    #[test]
    fn a_media_that_may_be_complete_stays_with_its_upload() {
        let claims = Claims::default();
        for (keeps, of_another) in [(false, false), (true, true)] {
            let mut first = Claim::new(claims.clone());
            first.media("7");
            if keeps {
                first.keep();
            }
            drop(first);
            assert_eq!(Claim::new(claims.clone()).is_of_another("7"), of_another);
        }
        // Also after a later run of its upload that ended before the commit.
        let mut second = Claim::new(claims.clone());
        second.media("7");
        drop(second);
        assert!(claims.has_media("7"));
        for id in 0..KEPT {
            assert!(claims.has_media("7"));
            let mut next = Claim::new(claims.clone());
            next.media(&format!("next {id}"));
            next.keep();
        }
        assert!(!claims.has_media("7") && claims.has_media("next 0"), "not forever");
    }
}
