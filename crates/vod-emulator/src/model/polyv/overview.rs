//! The videos and the imports in numbers, and those of one title or state: for checks of imports too large to
//! read whole.

use super::State;
use super::store::{Item, ItemOutcome};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Which videos and rows of imports are asked for; without either all are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Those with exactly this title.
    pub(crate) title: Option<String>,
    /// Those with exactly this `state`, the caller's own value.
    pub(crate) state: Option<String>,
}

impl Wanted {
    fn has(&self, title: &str, state: &str) -> bool {
        self.title.as_deref().is_none_or(|wanted| title == wanted)
            && self.state.as_deref().is_none_or(|wanted| state == wanted)
    }
}

impl State {
    /// How many videos, titles, states, tasks and rows of imports there are.
    pub(crate) fn overview_json(&self) -> Value {
        let (mut waiting, mut fetched, mut failed) = (0_usize, 0_usize, 0_usize);
        for item in self.items() {
            *match item.outcome {
                None => &mut waiting,
                Some(ItemOutcome::Fetched { .. }) => &mut fetched,
                Some(ItemOutcome::Failed(_)) => &mut failed,
            } += 1;
        }
        json!({
            "videos": self.videos.len(),
            "titles": repeats(self.videos.iter().map(|video| video.title.as_str())),
            "states": repeats(self.videos.iter().map(|video| video.state.as_str())),
            "tasks": self.tasks.len(),
            "items": { "waiting": waiting, "fetched": fetched, "failed": failed },
        })
    }

    /// The videos, and the rows of imports.
    pub(crate) fn wanted_json(&self, wanted: &Wanted) -> Value {
        let videos = self.videos.iter().filter(|video| wanted.has(&video.title, &video.state));
        let items = self.items().filter(|item| wanted.has(&item.title, &item.state));
        json!({
            "videos": videos.map(super::record::Video::json).collect::<Value>(),
            "items": items.map(Item::json).collect::<Value>(),
        })
    }

    fn items(&self) -> impl Iterator<Item = &Item> {
        self.tasks.iter().flat_map(|task| &task.items)
    }
}

/// How many different texts there are, how many of these occur more than once, and how often in excess of
/// once. Empty ones do not count.
fn repeats<'t>(texts: impl Iterator<Item = &'t str>) -> Value {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut all = 0_usize;
    for text in texts.filter(|text| !text.is_empty()) {
        *counts.entry(text).or_default() += 1;
        all += 1;
    }
    let repeated = counts.values().filter(|count| **count > 1).count();
    json!({ "different": counts.len(), "repeated": repeated, "surplus": all - counts.len() })
}
