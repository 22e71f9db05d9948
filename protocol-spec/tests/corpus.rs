//! Replays the fuzz corpus through the function that the fuzz target runs, for those who have no nightly Rust.

#[path = "../fuzz/every_event.rs"]
mod every_event;

use std::fs;
use std::path::Path;

#[test]
fn r_105_every_input_of_the_corpus_is_read_or_refused_in_a_sentence() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/decode");
    let mut inputs = 0;
    for entry in fs::read_dir(folder).expect("the corpus is there") {
        let path = entry.expect("it can be listed").path();
        // The name of the input, should it panic.
        println!("{}", path.display());
        every_event::check(&fs::read(&path).expect("it can be read"));
        inputs += 1;
    }
    assert!(inputs >= 100, "only {inputs} inputs");
}
