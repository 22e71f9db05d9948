//! The first schema.

use sea_orm_migration::{prelude::*, schema::*};

/// Creates every table of the first release.
#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

/// A table name or column name as it stands in the database.
fn name(text: &'static str) -> Alias {
    Alias::new(text)
}

/// A table with an integer primary key that the server gives out itself.
fn table(title: &'static str) -> TableCreateStatement {
    Table::create().table(name(title)).to_owned()
}

/// A table whose primary key is a pair.
fn pair(title: &'static str, one: ColumnDef, other: ColumnDef) -> TableCreateStatement {
    let (one_name, other_name) = (one.get_column_name(), other.get_column_name());
    let key = Index::create()
        .col(Alias::new(one_name))
        .col(Alias::new(other_name))
        .to_owned();
    table(title)
        .col(one)
        .col(other)
        .primary_key(&mut key.clone())
        .to_owned()
}

fn id(column: &'static str) -> ColumnDef {
    big_integer(name(column)).primary_key().to_owned()
}

fn int(column: &'static str) -> ColumnDef {
    big_integer(name(column))
}

fn tables() -> Vec<TableCreateStatement> {
    let text_of = |column| text(name(column));
    let bytes = |column| blob(name(column));
    let maybe_int = |column| big_integer_null(name(column));
    let flag = |column| boolean(name(column));
    let small = |column| integer(name(column));
    vec![
        table("user")
            .col(id("id"))
            .col(text_of("username").unique_key())
            .col(text_of("folded").unique_key())
            .col(bytes("public_key"))
            .col(blob_null(name("spk")))
            .col(blob_null(name("sig")))
            .col(text_of("status"))
            .col(flag("invites_from_friends"))
            .col(int("created_us"))
            .col(text_of("biography"))
            .col(text_of("profile_picture"))
            .to_owned(),
        table("storage")
            .col(id("user_id"))
            .col(int("version"))
            .col(text_of("own_storage"))
            .to_owned(),
        table("dm")
            .col(id("id"))
            .col(int("creator_id"))
            .col(maybe_int("partner_id"))
            .col(small("size"))
            .col(maybe_int("name_id"))
            .col(int("tree_id"))
            .col(maybe_int("info_id"))
            .col(blob_null(name("info_hash")))
            .col(int("created_us"))
            .col(int("last_us"))
            .to_owned(),
        pair("member", int("dm_id"), int("user_id"))
            .col(small("position"))
            .col(flag("pending"))
            .col(flag("from_stranger"))
            .col(int("invited_us"))
            .to_owned(),
        table("content")
            .col(id("id"))
            .col(bytes("bytes"))
            .to_owned(),
        table("free_slot")
            .col(id("content_id"))
            .col(int("size"))
            .to_owned(),
        table("message")
            .col(id("id"))
            .col(int("dm_id"))
            .col(int("sender_id"))
            .col(int("content_id"))
            .col(int("content_len"))
            .col(int("sent_us"))
            .col(maybe_int("delete_us"))
            .col(flag("pinned"))
            .col(int("change_seq"))
            .col(int("changed_us"))
            .to_owned(),
        table("tombstone")
            .col(id("change_seq"))
            .col(int("dm_id"))
            .col(int("message_id"))
            .col(int("deleted_us"))
            .to_owned(),
        table("reaction")
            .col(id("id"))
            .col(int("message_id"))
            .col(int("sender_id"))
            .col(int("content_id"))
            .col(int("content_len"))
            .to_owned(),
        table("scheduled")
            .col(id("id"))
            .col(int("dm_id"))
            .col(int("sender_id"))
            .col(int("content_id"))
            .col(int("content_len"))
            .col(int("due_us"))
            .col(int("delete_after_us"))
            .to_owned(),
        table("timed_event")
            .col(id("id"))
            .col(int("due_us"))
            .col(small("kind"))
            .col(int("ref_id"))
            .to_owned(),
        table("resend")
            .col(bytes("hash").primary_key())
            .col(int("taken_us"))
            .to_owned(),
        pair("friendship", int("low_id"), int("high_id")),
        pair("friend_request", int("from_id"), int("to_id")),
        pair("block", int("blocker_id"), int("blocked_id")),
        pair("login_failure", int("user_id"), text_of("address"))
            .col(small("count"))
            .col(int("locked_until_us"))
            .col(int("last_us"))
            .to_owned(),
        table("counter")
            .col(text_of("name").primary_key())
            .col(int("value"))
            .to_owned(),
    ]
}

/// Index name, table, columns, unique.
const INDEXES: &[(&str, &str, &[&str], bool)] = &[
    (
        "dm_by_creator_and_info",
        "dm",
        &["creator_id", "info_hash"],
        true,
    ),
    ("dm_of_two", "dm", &["partner_id", "creator_id"], false),
    ("member_by_user", "member", &["user_id", "dm_id"], false),
    ("message_in_dm", "message", &["dm_id", "sent_us"], true),
    (
        "message_changed_in_dm",
        "message",
        &["dm_id", "change_seq"],
        false,
    ),
    (
        "message_pinned_in_dm",
        "message",
        &["dm_id", "pinned", "sent_us"],
        false,
    ),
    (
        "tombstone_in_dm",
        "tombstone",
        &["dm_id", "change_seq"],
        false,
    ),
    ("tombstone_by_time", "tombstone", &["deleted_us"], false),
    ("reaction_of_message", "reaction", &["message_id"], false),
    (
        "scheduled_by_sender",
        "scheduled",
        &["sender_id", "dm_id"],
        false,
    ),
    ("scheduled_in_dm", "scheduled", &["dm_id"], false),
    ("timed_event_due", "timed_event", &["due_us"], false),
    ("timed_event_about", "timed_event", &["ref_id"], false),
    ("resend_by_time", "resend", &["taken_us"], false),
    ("friendship_of_high", "friendship", &["high_id"], false),
    ("friend_request_to", "friend_request", &["to_id"], false),
    ("block_of", "block", &["blocked_id"], false),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for statement in tables() {
            manager.create_table(statement).await?;
        }
        for (title, table, columns, unique) in INDEXES {
            let mut index = Index::create().name(*title).table(name(table)).to_owned();
            for column in *columns {
                index.col(name(column));
            }
            if *unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
