//! People with accounts at the fake server, and ways to wait for what they see.

use std::sync::Arc;
use std::time::Duration;

use sotto_sdk::{
    AccountKeys, Events, Happening, MemoryStore, Message, Options, ServerAddress, Sotto, Store,
    TransportConfig, register,
};

use crate::fake::Fake;

/// Someone with keys and a device of their own.
pub struct Person {
    pub keys: AccountKeys,
    pub words: String,
    pub store: Arc<dyn Store>,
    server: ServerAddress,
}

impl Person {
    pub async fn register(fake: &Fake, name: &str) -> Self {
        let (keys, words) = AccountKeys::create(name).unwrap();
        let server = ServerAddress::parse(&fake.url).unwrap();
        register(&server, &keys, &TransportConfig::default())
            .await
            .unwrap();
        Self {
            keys,
            words: words.reveal().to_owned(),
            store: Arc::new(MemoryStore::default()),
            server,
        }
    }

    /// Another device of the same person.
    pub fn device(&self) -> Self {
        Self {
            keys: self.keys.clone(),
            words: self.words.clone(),
            store: Arc::new(MemoryStore::default()),
            server: self.server.clone(),
        }
    }

    pub async fn connect(&self) -> Sotto {
        self.try_connect().await.unwrap()
    }

    pub async fn try_connect(&self) -> sotto_sdk::Result<Sotto> {
        let store = Arc::clone(&self.store);
        Sotto::connect(&self.server, self.keys.clone(), store, options()).await
    }

    pub async fn follow(&self) -> (Sotto, Watcher) {
        let store = Arc::clone(&self.store);
        let (sotto, events) = Sotto::follow(&self.server, self.keys.clone(), store, options())
            .await
            .unwrap();
        (sotto, Watcher(events))
    }
}

fn options() -> Options {
    Options {
        transport: TransportConfig {
            request_timeout: Duration::from_secs(5),
            ..TransportConfig::default()
        },
    }
}

/// Waits for what a client tells.
pub struct Watcher(Events);

impl Watcher {
    /// The next happening; a test that waits in vain fails.
    pub async fn next(&mut self) -> Happening {
        let next = tokio::time::timeout(Duration::from_secs(20), self.0.next());
        next.await
            .expect("something happens")
            .expect("the client lives")
    }

    /// The first happening that `pick` takes; others are passed over.
    pub async fn until<T>(&mut self, mut pick: impl FnMut(&Happening) -> Option<T>) -> T {
        loop {
            let happening = self.next().await;
            if let Some(found) = pick(&happening) {
                return found;
            }
        }
    }

    /// The next new or changed message.
    pub async fn message(&mut self) -> Message {
        self.until(|happening| match happening {
            Happening::MessageNew(message) | Happening::MessageChanged(message) => {
                Some(message.clone())
            }
            _ => None,
        })
        .await
    }

    /// The texts of new messages up to and with `last`.
    pub async fn texts_until(&mut self, last: &str) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let text = self
                .until(|happening| match happening {
                    Happening::MessageNew(message) => Some(text(message)),
                    _ => None,
                })
                .await;
            let end = text == last;
            texts.push(text);
            if end {
                return texts;
            }
        }
    }
}

/// What a message says, or its refusal.
pub fn text(message: &Message) -> String {
    match &message.content {
        Ok(content) => content.text.clone(),
        Err(why) => why.code.to_owned(),
    }
}
