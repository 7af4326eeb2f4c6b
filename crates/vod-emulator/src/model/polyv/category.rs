//! The tree of categories.
//!
//! Chosen where the reference is silent: a call with a category that does not exist is refused with the words
//! of the size call, but its tree is empty; size and counts of a category exclude those below it unless
//! requested; the root cannot be moved or deleted, and a category cannot be moved below itself; the videos of
//! a deleted category, and of those below it, move to the default one. Figures are never delayed.

use super::store::State;
use super::video::edit::LEVELS;
use super::{Call, Outcome, Refusal, Reply};
use crate::model::Model;
use crate::model::route::Route;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.category.create",
        &["POST"],
        "/v2/video/{userid}/addCata",
        &["cataname", "parentid", "format"],
        create,
    ),
    Route::polyv("polyv.category.tree", &["GET", "POST"], "/v2/video/{userid}/cataJson", &["cataid"], tree)
        .fixed(&["ptime", "userid"]),
    Route::polyv("polyv.category.size", &["GET", "POST"], "/v2/cata/size", &["cataid"], size),
    Route::polyv(
        "polyv.category.stats",
        &["GET"],
        "/v2/cata/total-stats",
        &["cataid", "containSubCata"],
        stats,
    ),
    Route::polyv(
        "polyv.category.rename",
        &["GET", "POST"],
        "/v2/video/{userid}/updateCata",
        &["cataid", "cataname"],
        rename,
    )
    .fixed(&["cataid", "cataname", "ptime", "userid"]),
    Route::polyv(
        "polyv.category.update_profile",
        &["GET", "POST"],
        "/v2/video/{userid}/updateCataProfile",
        &["cataid", "isSettings", "keepSource", "encrypt", "hlslevel", "isEdu", "encode_aac", "playerId"],
        update_profile,
    ),
    Route::polyv(
        "polyv.category.move",
        &["POST"],
        "/v2/cata/{userid}/change",
        &["cataid", "destCataid"],
        move_category,
    ),
    Route::polyv("polyv.category.delete", &["POST"], "/v2/video/{userid}/deleteCata", &["cataid"], delete)
        .fixed(&["cataid", "ptime", "userid"]),
];

/// Longest name, in Unicode scalar values.
const MAX_NAME: usize = 40;

fn create(model: &mut Model, call: &Call<'_>) -> Outcome {
    call.json_only()?;
    let name = name(call)?.to_owned();
    let parent = model.polyv.categories.required(call, "parentid")?;
    let categories = &mut model.polyv.categories;
    let id = categories.create(call.now, parent, &name);
    Ok(Reply::success(json!({ "cataid": id, "catatree": categories.tree(id) })))
}

/// A name that must be sent.
fn name<'c>(call: &'c Call<'_>) -> Result<&'c str, Refusal> {
    call.text("cataname", MAX_NAME)?;
    call.required("cataname")
}

fn tree(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = call.number("cataid", 1..=i64::MAX, ROOT)?;
    let data: Value =
        model.polyv.categories.get(id).map(|category| branch(&model.polyv, category)).into_iter().collect();
    Ok(Reply::success(data))
}

/// A category with all below it. A leaf has no `nodes` member.
fn branch(polyv: &State, category: &Category) -> Value {
    let Category { id, parent, name, .. } = category;
    let videos = polyv.totals(*id, true).videos;
    let mut record = json!({
        "text": format!("{name} ({videos}) "), "cataname": name, "catatree": polyv.categories.tree(*id), "cataid": id, "parentid": parent, "videos": videos,
    });
    let nodes: Vec<Value> = polyv.categories.children(*id).map(|child| branch(polyv, child)).collect();
    if !nodes.is_empty() {
        record["nodes"] = nodes.into();
    }
    record
}

fn size(model: &mut Model, call: &Call<'_>) -> Outcome {
    if call.fields.get("userid").is_none() {
        return Err(Refusal::new("userid is blank."));
    }
    let id = model.polyv.categories.required(call, "cataid")?;
    Ok(Reply::success(model.polyv.totals(id, false).bytes))
}

fn stats(model: &mut Model, call: &Call<'_>) -> Outcome {
    let below = call.flag("containSubCata")? == Some(true);
    let polyv = &model.polyv;
    let totals = match call.fields.get("cataid") {
        None => polyv.totals(ROOT, true),
        Some(text) => match text.parse().ok().filter(|id| polyv.categories.get(*id).is_some()) {
            Some(id) => polyv.totals(id, below),
            None => return Err(Refusal::new("illegal cataid")),
        },
    };
    Ok(Reply::success(json!({ "videoNum": totals.videos, "usedSpace": totals.bytes })))
}

fn rename(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = model.polyv.categories.required(call, "cataid")?;
    let name = name(call)?;
    if let Some(category) = model.polyv.categories.get_mut(id) {
        name.clone_into(&mut category.name);
    }
    Ok(Reply::silent(true))
}

/// Sets the fields that were sent and keeps the rest.
fn update_profile(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = model.polyv.categories.required(call, "cataid")?;
    call.letter("isSettings")?;
    for name in ["keepSource", "encrypt", "isEdu", "encode_aac"] {
        call.bit(name)?;
    }
    call.choice("hlslevel", &LEVELS)?;
    let Some(category) = model.polyv.categories.get_mut(id).filter(|category| category.parent <= ROOT) else {
        return Err(Refusal::new(format!("cataid: `{id}` is not a category of the top level")));
    };
    category.settings.entry("isSettings".to_owned()).or_insert_with(|| "Y".to_owned());
    for name in call.route.fields.iter().filter(|name| **name != "cataid") {
        if let Some(text) = call.fields.get(name) {
            category.settings.insert((*name).to_owned(), text.to_owned());
        }
    }
    Ok(Reply::success(true))
}

fn move_category(model: &mut Model, call: &Call<'_>) -> Outcome {
    let categories = &mut model.polyv.categories;
    let (id, parent) = (categories.required(call, "cataid")?, categories.required(call, "destCataid")?);
    Store::not_the_root(id)?;
    if categories.within(id).contains(&parent) {
        return Err(Refusal::new(format!("destCataid: `{parent}` is the category itself or below it")));
    }
    if let Some(category) = categories.get_mut(id) {
        category.parent = parent;
    }
    Ok(Reply::success(true))
}

fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let polyv = &mut model.polyv;
    let id = polyv.categories.required(call, "cataid")?;
    Store::not_the_root(id)?;
    let gone = polyv.categories.within(id);
    polyv.categories.remove(id);
    for video in polyv.videos.iter_mut().filter(|video| gone.contains(&video.category)) {
        video.category = ROOT;
    }
    Ok(Reply::success(true))
}

/// The category that every account has, the root of all others.
pub(super) const ROOT: i64 = 1;

#[derive(Clone, Debug)]
pub(super) struct Category {
    /// 13 digits, except for the root.
    pub(super) id: i64,
    /// 0 for the root.
    pub(super) parent: i64,
    pub(super) name: String,
    pub(super) created: i64,
    /// The settings made by calls, by field name.
    pub(super) settings: BTreeMap<String, String>,
}

/// The categories, each after its parent.
#[derive(Debug)]
pub(crate) struct Store {
    categories: Vec<Category>,
}

impl Default for Store {
    fn default() -> Self {
        let root = Category {
            id: ROOT,
            parent: 0,
            name: "默认分类".to_owned(),
            created: 0,
            settings: BTreeMap::new(),
        };
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

    /// The direct sub-categories, oldest first.
    pub(super) fn children(&self, id: i64) -> impl Iterator<Item = &Category> {
        self.categories.iter().filter(move |category| category.parent == id)
    }

    /// Creates a category; its id is the time, or the next free number.
    pub(super) fn create(&mut self, now: i64, parent: i64, name: &str) -> i64 {
        let mut id = now.max(1_000_000_000_000);
        while self.get(id).is_some() {
            id += 1;
        }
        self.categories.push(Category {
            id,
            parent,
            name: name.to_owned(),
            created: now,
            settings: BTreeMap::new(),
        });
        id
    }

    /// Removes a category with all below it.
    pub(super) fn remove(&mut self, id: i64) {
        let gone = self.within(id);
        self.categories.retain(|category| !gone.contains(&category.id));
    }

    /// The category and all below it. For one outside the tree only itself.
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
        let mut path: Vec<i64> = std::iter::successors(self.get(id), |category| self.get(category.parent))
            .map(|category| category.id)
            .collect();
        path.reverse();
        path
    }

    /// The path in the provider's format: ids with commas.
    pub(super) fn tree(&self, id: i64) -> String {
        let path: Vec<String> = self.path(id).iter().map(i64::to_string).collect();
        path.join(",")
    }

    /// The name. Imports may name a category that does not exist, so every id has one.
    pub(super) fn name(&self, id: i64) -> String {
        self.get(id).map_or_else(|| format!("分类{id}"), |category| category.name.clone())
    }

    /// The category in a required field; it must exist.
    pub(super) fn required(&self, call: &Call<'_>, name: &str) -> Result<i64, Refusal> {
        let id = call.required(name)?.parse().map_err(|_| Refusal::new(format!("{name}格式不正确.")))?;
        match self.get(id) {
            Some(_) => Ok(id),
            None => Err(Refusal::new(format!("{name}不存在."))),
        }
    }

    fn not_the_root(id: i64) -> Result<(), Refusal> {
        if id == ROOT { Err(Refusal::new("cataid: the default category stays where it is")) } else { Ok(()) }
    }

    /// The settings of the top-level category that contains a category, if it has its own.
    pub(super) fn profile(&self, id: i64) -> Option<&BTreeMap<String, String>> {
        let path = self.path(id);
        let top = path.get(1).or(path.first())?;
        let settings = &self.get(*top)?.settings;
        (settings.get("isSettings")? == "Y").then_some(settings)
    }

    /// Removes the data of a video that is deleted permanently.
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
    use crate::model::testing::{Bench, NOW, Pairs};
    use serde_json::{Value, json};

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
        assert_eq!(
            (store.name(b), store.name(7), store.name(ROOT)),
            ("b".to_owned(), "分类7".to_owned(), "默认分类".to_owned())
        );
        store.remove(a);
        assert_eq!(store.within(ROOT), [ROOT, c]);
        assert!(store.path(b).is_empty());
    }

    const CREATE: &str = "/v2/video/{}/addCata";
    const TREE: &str = "/v2/video/{}/cataJson";
    const SIZE: &str = "/v2/cata/size";
    const STATS: &str = "/v2/cata/total-stats";
    const RENAME: &str = "/v2/video/{}/updateCata";
    const PROFILE: &str = "/v2/video/{}/updateCataProfile";
    const MOVE: &str = "/v2/cata/{}/change";
    const DELETE: &str = "/v2/video/{}/deleteCata";

    /// Creates a category; returns its id as text.
    fn create(bench: &mut Bench, name: &str, parent: &str) -> String {
        bench.polyv("POST", CREATE, &[("cataname", name), ("parentid", parent)]).data["cataid"].to_string()
    }

    fn import(bench: &mut Bench, category: &str, bytes: u64) -> String {
        let infos = json!([{ "fileUrl": "http://h/a", "title": "t" }]).to_string();
        let seen = bench.polyv(
            "POST",
            "/v2/video/grab/{}/upload/multi",
            &[("uploadInfos", &infos), ("cataid", category)],
        );
        for effect in seen.answer.effects {
            if let crate::model::Effect::Fetch { job, .. } = effect {
                bench.fetched(job, Ok(crate::model::testing::file(bytes)));
            }
        }
        bench.model.polyv.videos.last().unwrap().vid.to_string()
    }

    #[test]
    fn a_tree_with_its_figures() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let a = create(&mut bench, "高一", "1");
        let b = create(&mut bench, "物理", &a);
        for (category, bytes) in [("1", 1000), (&a, 200), (&b, 30), (&b, 4)] {
            import(&mut bench, category, bytes);
        }
        let id = |text: &str| text.parse::<i64>().unwrap();
        let below = json!({ "text": "物理 (2) ", "cataname": "物理", "catatree": format!("1,{a},{b}"), "cataid": id(&b), "parentid": id(&a), "videos": 2 });
        let branch = json!({ "text": "高一 (3) ", "cataname": "高一", "catatree": format!("1,{a}"), "cataid": id(&a), "parentid": 1, "videos": 3, "nodes": [below] });
        for method in ["GET", "POST"] {
            assert_eq!(
                bench.polyv(method, TREE, &[("cataid", &a)]).data,
                json!([branch]),
                "a leaf has no nodes"
            );
            let whole = bench.polyv(method, TREE, &[]).data;
            assert_eq!(
                (&whole[0]["parentid"], &whole[0]["videos"], &whole[0]["nodes"]),
                (&json!(0), &json!(4), &json!([branch]))
            );
        }
        assert_eq!(bench.polyv("GET", TREE, &[("cataid", "7")]).data, json!([]));

        for (category, bytes) in [("1", 1000), (&a, 200), (&b, 34)] {
            assert_eq!(bench.polyv("GET", SIZE, &[("userid", &user), ("cataid", category)]).data, bytes);
        }
        let cases: [(Pairs<'_>, u64, u64); 4] = [
            (&[], 4, 1234),
            (&[("cataid", &a)], 1, 200),
            (&[("cataid", &a), ("containSubCata", "true")], 3, 234),
            (&[("cataid", &b), ("containSubCata", "false")], 2, 34),
        ];
        for (sent, videos, bytes) in cases {
            let seen = bench.polyv("GET", STATS, &[&[("userid", user.as_str())], sent].concat());
            assert_eq!(seen.data, json!({ "videoNum": videos, "usedSpace": bytes }), "{sent:?}");
        }
    }

    #[test]
    fn renaming_moving_and_deleting() {
        let mut bench = Bench::new();
        let a = create(&mut bench, "a", "1");
        let b = create(&mut bench, "b", &a);
        let c = create(&mut bench, "c", &b);
        let vid = import(&mut bench, &c, 1);
        assert_eq!(bench.polyv("POST", RENAME, &[("cataid", &b), ("cataname", "新")]).data, true);
        assert_eq!(
            bench.polyv("POST", RENAME, &[("cataid", &b), ("cataname", "新")]).message,
            "",
            "success without a message"
        );
        assert_eq!(bench.polyv("POST", MOVE, &[("cataid", &b), ("destCataid", "1")]).data, true);
        let tree = bench.polyv("GET", TREE, &[("cataid", &b)]).data;
        assert_eq!((&tree[0]["cataname"], &tree[0]["catatree"]), (&json!("新"), &json!(format!("1,{b}"))));
        for dest in [&b, &c] {
            let message = format!("destCataid: `{dest}` is the category itself or below it");
            assert_eq!(bench.polyv("POST", MOVE, &[("cataid", &b), ("destCataid", dest)]).message, message);
        }
        assert_eq!(bench.polyv("POST", DELETE, &[("cataid", &b)]).data, true);
        assert_eq!(
            bench.polyv("GET", TREE, &[]).data[0]["nodes"].as_array().map(Vec::len),
            Some(1),
            "those below are deleted too"
        );
        assert_eq!(
            bench.polyv("GET", "/v2/video/{}/get-video-msg", &[("vid", &vid)]).data[0]["cataid"],
            "1",
            "its videos are kept"
        );
    }

    /// New videos take the settings of their category, or otherwise of the account.
    #[test]
    fn profiles() {
        let mut bench = Bench::new();
        let a = create(&mut bench, "a", "1");
        let b = create(&mut bench, "b", &a);
        let shown = |bench: &Bench| {
            let videos = bench.model.state(NOW)["videos"].take();
            let video = videos.as_array().unwrap().last().unwrap();
            [&video["encrypted"], &video["hls_level"], &video["keep_source"], &video["player"]]
                .map(Value::to_string)
                .join(" ")
        };
        let encryption = [("encrypt", "1"), ("hlslevel", "web")];
        assert_eq!(bench.polyv("POST", "/v2/setting/{}/set-playsafe", &encryption).code, 200);
        let cases: [(Pairs<'_>, &str); 5] = [
            (&[], r#"true "web" false null"#),
            (
                &[
                    ("encrypt", "1"),
                    ("hlslevel", "app"),
                    ("playerId", "p"),
                    ("isEdu", "1"),
                    ("encode_aac", "0"),
                ],
                r#"true "app" false "p""#,
            ),
            (&[("keepSource", "1")], r#"false "open" true "p""#),
            (&[("keepSource", "0"), ("encrypt", "0")], r#"false "app" false "p""#),
            (&[("isSettings", "N")], r#"true "web" false null"#),
        ];
        for (sent, expected) in cases {
            if !sent.is_empty() {
                assert_eq!(
                    bench.polyv("POST", PROFILE, &[&[("cataid", a.as_str())], sent].concat()).data,
                    true
                );
            }
            import(&mut bench, &b, 1);
            assert_eq!(shown(&bench), expected, "{sent:?}");
        }
        let settings = bench.model.state(NOW)["polyv"]["category"][1]["settings"].take();
        assert_eq!(
            (&settings["isSettings"], &settings["isEdu"], &settings["hlslevel"]),
            (&json!("N"), &json!("1"), &json!("app"))
        );
    }

    #[test]
    fn refusals_by_table() {
        let mut bench = Bench::new();
        let user = bench.credentials.polyv_user_id.clone();
        let a = create(&mut bench, "a", "1");
        let b = create(&mut bench, "b", &a);
        let (name, long) = ("名".repeat(40), "名".repeat(41));
        let not_top = format!("cataid: `{b}` is not a category of the top level");
        let cases: [(&str, &str, Pairs<'_>, &str); 28] = [
            ("POST", CREATE, &[("parentid", "1")], "cataname can not be empty."),
            ("POST", CREATE, &[("cataname", "x")], "parentid can not be empty."),
            ("POST", CREATE, &[("cataname", "x"), ("parentid", "7")], "parentid不存在."),
            ("POST", CREATE, &[("cataname", "x"), ("parentid", "y")], "parentid格式不正确."),
            (
                "POST",
                CREATE,
                &[("cataname", &long), ("parentid", "1")],
                "cataname: 41 characters, at most 40",
            ),
            ("POST", CREATE, &[("cataname", &name), ("parentid", "1")], "success"),
            (
                "POST",
                CREATE,
                &[("cataname", "x"), ("parentid", "1"), ("format", "xml")],
                "format, jsonp: the emulator answers plain JSON only",
            ),
            ("GET", TREE, &[("cataid", "y")], "cataid: `y` is not a whole number"),
            ("GET", SIZE, &[("userId", &user), ("cataid", "1")], "userid is blank."),
            ("GET", SIZE, &[("userid", &user)], "cataid can not be empty."),
            ("GET", SIZE, &[("userid", &user), ("cataid", "7")], "cataid不存在."),
            ("POST", SIZE, &[("userid", &user), ("cataid", "y")], "cataid格式不正确."),
            ("GET", STATS, &[("userid", &user), ("cataid", "7")], "illegal cataid"),
            ("GET", STATS, &[("userid", &user), ("cataid", "y")], "illegal cataid"),
            (
                "GET",
                STATS,
                &[("userid", &user), ("containSubCata", "Y")],
                "containSubCata: `Y` is none of true, false",
            ),
            ("POST", RENAME, &[("cataid", "7"), ("cataname", "x")], "cataid不存在."),
            ("POST", RENAME, &[("cataid", &a)], "cataname can not be empty."),
            ("GET", RENAME, &[("cataid", &a), ("cataname", &long)], "cataname: 41 characters, at most 40"),
            ("POST", PROFILE, &[("cataid", &b)], &not_top),
            ("POST", PROFILE, &[("cataid", "7")], "cataid不存在."),
            ("POST", PROFILE, &[("cataid", &a), ("isSettings", "1")], "isSettings: `1` is none of Y, N"),
            ("POST", PROFILE, &[("cataid", &a), ("encode_aac", "Y")], "encode_aac: `Y` is none of 1, 0"),
            (
                "GET",
                PROFILE,
                &[("cataid", &a), ("hlslevel", "all")],
                "hlslevel: `all` is none of open, web, app, wxa_app",
            ),
            ("POST", MOVE, &[("cataid", "7"), ("destCataid", "1")], "cataid不存在."),
            ("POST", MOVE, &[("cataid", &a), ("destCataid", "7")], "destCataid不存在."),
            (
                "POST",
                MOVE,
                &[("cataid", "1"), ("destCataid", &a)],
                "cataid: the default category stays where it is",
            ),
            ("POST", DELETE, &[("cataid", "1")], "cataid: the default category stays where it is"),
            ("POST", DELETE, &[("cataid", "7")], "cataid不存在."),
        ];
        for (method, path, sent, message) in cases {
            assert_eq!(bench.polyv(method, path, sent).message, message, "{path} {sent:?}");
        }
        // Fields outside the fixed set are unsigned, and those in it must be signed.
        let now = NOW.to_string();
        let unsigned = bench.unsigned_polyv(
            "POST",
            RENAME,
            &[("cataid", &a), ("cataname", "x"), ("ptime", &now), ("sign", "00")],
        );
        let seen = bench.send(&unsigned);
        let explain = seen.answer.response.headers()["x-emulator-explain"].to_str().unwrap();
        assert_eq!(explain, format!("cataid={a}&cataname=x&ptime={now}&userid={user}<secret>"));
    }
}
