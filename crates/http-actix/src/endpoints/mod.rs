//! The endpoints, one file each: what is asked, what is answered, how that is documented, and the
//! tests of what is asked. What is answered is tested where a client sees it, in `tests/`.

mod change;
mod create_post;
mod delete_post;
mod get_post;
mod list_posts;
mod not_found;
mod patch_post;
mod replace_post;
mod welcome;

use serde_json::Value;

pub(crate) use create_post::create_post;
pub(crate) use delete_post::delete_post;
pub(crate) use get_post::get_post;
pub(crate) use list_posts::list_posts;
pub(crate) use not_found::not_found;
pub(crate) use patch_post::patch_post;
pub(crate) use replace_post::replace_post;
pub(crate) use welcome::welcome;

/// What the OpenAPI document says of each, beyond what is generated.
pub(crate) fn documentation() -> [Value; 6] {
    [
        list_posts::documentation(),
        create_post::documentation(),
        get_post::documentation(),
        replace_post::documentation(),
        patch_post::documentation(),
        delete_post::documentation(),
    ]
}
