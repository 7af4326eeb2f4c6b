//! What the uploads of one client know of each other.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of how many media that may be complete a client knows at a time: those whose objects may not show
/// everywhere yet are among the last ones.
const KEPT: usize = 10_000;

/// The media that uploads of one client have under way or have lately finished, and the titles that are being
/// applied with. Clones are the same.
///
/// QingCloud tells nothing of whose an unfinished media is. An upload that looks for the one which an
/// unanswered call may have made must not take that of a neighbour with the same title for it, under way or
/// finished.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    titles: BTreeSet<String>,
    media: BTreeSet<String>,
    /// Those of them whose uploads may have ended, in the order in which they may have.
    kept: VecDeque<String>,
}

impl Inner {
    /// Nobody has this media under way any more. One that may be complete stays known.
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

    /// Whether nobody else applies with this title, whatever space is around it; from then on this upload
    /// does. Another title that it had is free again.
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

    /// This media is this upload's; its title is free again.
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

    /// The media at hand stays this upload's when it has ended: it may be complete.
    pub(super) fn keep(&mut self) {
        let Some(media) = self.media.take() else { return };
        let mut inner = self.claims.inner();
        // Told once more, it is among the last ones.
        inner.kept.retain(|kept| *kept != media);
        inner.kept.push_back(media);
        if inner.kept.len() > KEPT
            && let Some(oldest) = inner.kept.pop_front()
        {
            inner.media.remove(&oldest);
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
        // Another's title is not had because of one's own, which is given back all the same.
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
        // Also when a later run of its upload has ended before it came to the commit.
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
        assert!(!claims.has_media("7") && claims.has_media("next 0"), "not for ever");
    }
}
