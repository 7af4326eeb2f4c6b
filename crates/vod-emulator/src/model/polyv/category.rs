//! The tree of categories.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::route::Route;

pub(crate) const ROUTES: &[Route] = &[];

/// The category that every account has, the root of all others.
pub(super) const ROOT: i64 = 1;

#[derive(Debug, Clone)]
pub(super) struct Category {
    /// 13 digits, but for the root.
    pub(super) id: i64,
    /// 0 for the root.
    pub(super) parent: i64,
    pub(super) name: String,
    pub(super) created: i64,
    /// What calls set, by the name of their field.
    pub(super) settings: BTreeMap<String, String>,
}

/// The categories, each behind its parent's creation.
#[derive(Debug)]
pub(crate) struct Store {
    categories: Vec<Category>,
}

impl Default for Store {
    fn default() -> Self {
        let root = Category { id: ROOT, parent: 0, name: "默认分类".to_owned(), created: 0, settings: BTreeMap::new() };
        Self { categories: vec![root] }
    }
}

impl Store {
    pub(super) fn get(&self, id: i64) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    pub(super) fn get_mut(&mut self, id: i64) -> Option<&mut Category> {
        self.categories.iter_mut().find(|category| category.id == id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Category> {
        self.categories.iter()
    }

    /// The direct sub-categories, oldest first.
    pub(super) fn children(&self, id: i64) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(move |category| category.parent == id)
    }

    /// Makes a category; its id is the time, or the next one that is free.
    pub(super) fn create(&mut self, now: i64, parent: i64, name: &str) -> i64 {
        let mut id = now.max(1_000_000_000_000);
        while self.get(id).is_some() {
            id += 1;
        }
        self.categories.push(Category { id, parent, name: name.to_owned(), created: now, settings: BTreeMap::new() });
        id
    }

    /// Takes a category out, with all below it.
    pub(super) fn remove(&mut self, id: i64) {
        let gone = self.within(id);
        self.categories.retain(|category| !gone.contains(&category.id));
    }

    /// The category and all below it. One that is not in the tree is alone.
    pub(super) fn within(&self, id: i64) -> Vec<i64> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            found.extend(self.children(id).map(|child| child.id));
            next += 1;
        }
        found
    }

    /// Ids from the root to the category; empty when it is not in the tree.
    pub(super) fn path(&self, id: i64) -> Vec<i64> {
        let mut path: Vec<i64> = std::iter::successors(self.get(id), |category| self.get(category.parent)).map(|category| category.id).collect();
        path.reverse();
        path
    }

    /// The path as the provider writes it: ids with commas.
    pub(super) fn tree(&self, id: i64) -> String {
        let path: Vec<String> = self.path(id).iter().map(i64::to_string).collect();
        path.join(",")
    }

    /// The name. Imports may name a category that the account does not have, so every id has one.
    pub(super) fn name(&self, id: i64) -> String {
        self.get(id).map_or_else(|| format!("分类{id}"), |category| category.name.clone())
    }

    /// Drops what hangs on a video that is deleted for good.
    pub(crate) fn forget(&mut self, _vid: &str) {}

    pub(crate) fn json(&self) -> Value {
        let categories = self.categories.iter().map(|category| {
            let Category { id, parent, name, created, settings } = category;
            json!({ "cataid": id, "parentid": parent, "name": name, "created": created, "settings": settings })
        });
        categories.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree() {
        let mut store = Store::default();
        let now = 1_700_000_000_000;
        let a = store.create(now, ROOT, "a");
        let b = store.create(now, a, "b");
        let c = store.create(5, ROOT, "c");
        assert_eq!((a, b, c), (now, now + 1, 1_000_000_000_000));
        assert_eq!(store.within(ROOT), [ROOT, a, c, b]);
        assert_eq!(store.within(7), [7]);
        assert_eq!(store.tree(b), format!("1,{a},{b}"));
        assert_eq!((store.name(b), store.name(7), store.name(ROOT)), ("b".to_owned(), "分类7".to_owned(), "默认分类".to_owned()));
        store.remove(a);
        assert_eq!(store.within(ROOT), [ROOT, c]);
        assert!(store.path(b).is_empty());
    }
}
