//! Rust and TypeScript members talk to each other: groups of 2, 3, 5 and 9, made by either, every kind of message both ways.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod members;
mod one_account;
mod peer;
mod rust;
mod story;
mod typescript;

use members::Kind;

/// Declares one test for each size and kind of creator.
macro_rules! groups {
    ($($name:ident: $size:literal by $kind:ident;)*) => {$(
        #[tokio::test]
        async fn $name() {
            story::lives($size, Kind::$kind).await;
        }
    )*};
}

groups! {
    two_made_by_rust: 2 by Rust;
    two_made_by_typescript: 2 by TypeScript;
    three_made_by_rust: 3 by Rust;
    three_made_by_typescript: 3 by TypeScript;
    five_made_by_rust: 5 by Rust;
    five_made_by_typescript: 5 by TypeScript;
    nine_made_by_rust: 9 by Rust;
    nine_made_by_typescript: 9 by TypeScript;
}
