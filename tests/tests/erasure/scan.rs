//! Looks for bytes in every file of a data folder and in the deleted files that a process still holds open.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Length of the pieces that are looked for: too long to occur by chance, short enough that a part of a message is found too.
const PIECE: usize = 16;
/// Distance of the pieces of long content: less than a page of the database holds.
const STRIDE: usize = 1_000;

/// Things to be found in files: as bytes, as hex, as hex in upper case.
#[derive(Default)]
pub struct Finder {
    names: Vec<String>,
    /// Which three bytes a piece begins with, a bit each: nearly every place is passed over by this alone.
    begins: Vec<u64>,
    pieces: HashMap<[u8; 8], Vec<(usize, Vec<u8>)>>,
}

fn place_of(bytes: &[u8]) -> (usize, u64) {
    let bits = usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16;
    (bits >> 6, 1 << (bits & 63))
}

impl Finder {
    /// Adds content to be looked for; the number it is reported under. It must have at least 16 bytes, none of which recur elsewhere.
    pub fn add(&mut self, name: impl Into<String>, content: &[u8]) -> usize {
        assert!(content.len() >= PIECE, "too short to be told from others");
        let number = self.names.len();
        self.names.push(name.into());
        let last = content.len() - PIECE;
        for start in (0..last).step_by(STRIDE).chain([last]) {
            let piece = &content[start..start + PIECE];
            let lower = hex::encode(piece);
            let upper = lower.to_uppercase();
            for form in [piece.to_vec(), lower.into_bytes(), upper.into_bytes()] {
                self.begins.resize(1 << 18, 0);
                let (word, bit) = place_of(&form);
                self.begins[word] |= bit;
                let (head, _) = form.split_first_chunk().expect("at least 16 bytes");
                self.pieces.entry(*head).or_default().push((number, form));
            }
        }
        number
    }

    /// The name that content was added under.
    pub fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    /// Which of the contents, in whole or in part, stand in the files.
    pub fn scan(&self, data: &Path, pid: u32) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for file in files(data, pid) {
            // A file may go between the look at the folder and the look at the file.
            if let Ok(bytes) = std::fs::read(file) {
                self.scan_bytes(&bytes, &mut found);
            }
        }
        found
    }

    fn scan_bytes(&self, bytes: &[u8], found: &mut BTreeSet<usize>) {
        for (start, head) in bytes.windows(8).enumerate() {
            let (word, bit) = place_of(head);
            if self.begins[word] & bit == 0 {
                continue;
            }
            for (number, piece) in self.pieces.get(head).into_iter().flatten() {
                if bytes[start..].starts_with(piece) {
                    found.insert(*number);
                }
            }
        }
    }
}

/// Every file that belongs to the database. What moves, moves from the WAL to the main file, so the WAL is read first, or bytes could
/// pass from the one to the other unseen.
fn files(data: &Path, pid: u32) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder to scan");
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let mut files = list(data);
    let is_wal = |path: &PathBuf| path.to_string_lossy().ends_with("-wal");
    assert!(files.iter().any(is_wal), "no WAL: {files:?}");
    files.sort_by_key(|path| !is_wal(path));
    let deleted = |link: &PathBuf| {
        let target = std::fs::read_link(link).unwrap_or_default();
        let target = target.to_string_lossy();
        target.ends_with("(deleted)") && target.starts_with('/')
    };
    let open = list(Path::new(&format!("/proc/{pid}/fd")));
    files.extend(open.into_iter().filter(deleted));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_partial_content_is_found_in_each_form() {
        let folder = tempfile::tempdir().expect("a folder");
        let wal = folder.path().join("x-wal");
        let pid = std::process::id();
        let content: Vec<u8> = (0..5_000).map(|_| rand::random()).collect();
        let mut finder = Finder::default();
        finder.add("it", &content);
        let hex = hex::encode(&content[4_984..]);
        for (file, there) in [
            (content.clone(), true),
            (content[1_990..2_100].to_vec(), true),
            (hex.clone().into_bytes(), true),
            (hex.to_uppercase().into_bytes(), true),
            (content[1..999].to_vec(), false),
            (vec![0; 4_096], false),
        ] {
            std::fs::write(&wal, [b"some".as_slice(), &file, b"thing"].concat()).expect("written");
            assert_eq!(finder.scan(folder.path(), pid).len(), usize::from(there));
        }
        // A temporary file that has no name any more.
        let path = folder.path().join("gone");
        std::fs::write(&path, &content).expect("written");
        let open = std::fs::File::open(&path).expect("open");
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(finder.scan(folder.path(), pid).len(), 1);
        drop(open);
        assert!(finder.scan(folder.path(), pid).is_empty());
    }
}
