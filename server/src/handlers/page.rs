//! A page of a list, for the events that answer one.

use crate::error::Result;

/// A list that ends before its JSON exceeds a limit; one larger entry comes alone.
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    bytes: usize,
    max_bytes: usize,
}

impl<T: serde::Serialize> Page<T> {
    /// An empty page.
    pub fn new(max_bytes: usize) -> Self {
        Self {
            items: Vec::new(),
            bytes: 2,
            max_bytes,
        }
    }

    /// Adds an entry; `false` where it does not fit and the page is over.
    pub fn take(&mut self, item: T) -> Result<bool> {
        let bytes = serde_json::to_string(&item)?.len() + 1;
        if !self.items.is_empty() && self.bytes + bytes > self.max_bytes {
            return Ok(false);
        }
        self.bytes += bytes;
        self.items.push(item);
        Ok(true)
    }
}
