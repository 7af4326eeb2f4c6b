//! Categories as a sub-account sees them.

use super::{category, no_such_category};
use crate::model::Model;
use crate::model::polyv::category::{Category, ROOT};
use crate::model::polyv::video::edit::LEVELS;
use crate::model::polyv::{Auth, Call, Outcome, Page, Refusal, Reply};
use crate::model::route::Route;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::polyv(
        "polyv.subaccount.create_category",
        &["POST"],
        "/v3/category/add",
        &["name", "parentId"],
        create,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.get_category",
        &["GET", "POST"],
        "/v3/category/get",
        &["cateId", "page", "pageSize"],
        get,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.rename_category",
        &["POST"],
        "/v3/category/update-info",
        &["cateId", "cateName"],
        rename,
    )
    .with(Auth::SubAccount),
    Route::polyv(
        "polyv.subaccount.update_category_profile",
        &["POST"],
        "/v3/category/update-profile",
        &["userId", "cateId", "enabled", "keepSource", "encrypt", "encryptLevel", "isEdu", "encodeAAC"],
        update_profile,
    )
    .with(Auth::SubAccount),
    Route::polyv("polyv.subaccount.delete_category", &["POST"], "/v3/category/delete", &["cateId"], delete)
        .with(Auth::SubAccount),
];

fn create(model: &mut Model, call: &Call<'_>) -> Outcome {
    let name = name(call, "name")?;
    let parent = category(model, call, "parentId")?.unwrap_or(ROOT);
    Ok(Reply::success(model.polyv.categories.create(call.now, parent, name)))
}

fn name<'c>(call: &'c Call<'_>, field: &str) -> Result<&'c str, Refusal> {
    call.fields.get(field).ok_or_else(|| Refusal::new("没有填写栏目名称").error(3000))
}

/// The category that a call names.
fn required(model: &Model, call: &Call<'_>) -> Result<i64, Refusal> {
    category(model, call, "cateId")?.ok_or_else(no_such_category)
}

/// The category with one page of those directly below it; by default 20, as the provider's own client
/// requests.
fn get(model: &mut Model, call: &Call<'_>) -> Outcome {
    let page = Page::of_names(call, "page", "pageSize", 20, 1000)?;
    let id = required(model, call)?;
    let categories = &model.polyv.categories;
    let children: Vec<&Category> = categories.children(id).collect();
    let data = json!({
        "category": categories.get(id).map(record),
        "subCategoryTotal": children.len(),
        "subCategories": page.of_items(children.into_iter().map(record)),
    });
    Ok(Reply::success(data))
}

fn record(category: &Category) -> Value {
    json!({ "cateId": category.id, "cateName": category.name, "parentId": category.parent })
}

fn rename(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = required(model, call)?;
    let name = name(call, "cateName")?;
    if let Some(category) = model.polyv.categories.get_mut(id) {
        name.clone_into(&mut category.name);
    }
    Ok(Reply::success(()))
}

/// Sets the fields that were sent, under the names of the main account's call, and keeps the rest.
fn update_profile(model: &mut Model, call: &Call<'_>) -> Outcome {
    if call.required("userId")? != model.config.credentials.polyv_user_id {
        return Err(Refusal::new("permission limited").code(403).error(105));
    }
    let id = required(model, call)?;
    call.letter("enabled")?;
    for name in ["keepSource", "encrypt", "isEdu", "encodeAAC"] {
        call.bit(name)?;
    }
    call.choice("encryptLevel", &LEVELS)?;
    if let Some(category) = model.polyv.categories.get_mut(id) {
        for (sent, kept) in [
            ("enabled", "isSettings"),
            ("keepSource", "keepSource"),
            ("encrypt", "encrypt"),
            ("encryptLevel", "hlslevel"),
            ("isEdu", "isEdu"),
            ("encodeAAC", "encode_aac"),
        ] {
            if let Some(text) = call.fields.get(sent) {
                category.settings.insert(kept.to_owned(), text.to_owned());
            }
        }
    }
    Ok(Reply::success(()))
}

/// With all below it; their videos move to the default category, which cannot be deleted.
fn delete(model: &mut Model, call: &Call<'_>) -> Outcome {
    let id = required(model, call)?;
    if id == ROOT {
        return Err(Refusal::new("cateId: the default category stays where it is"));
    }
    let polyv = &mut model.polyv;
    let gone = polyv.categories.within(id);
    polyv.categories.remove(id);
    for video in polyv.videos.iter_mut().filter(|video| gone.contains(&video.category)) {
        video.category = ROOT;
    }
    Ok(Reply::success(()))
}
