//! Accounts, logins, friendships and groups: what must be there before a measurement.

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use rand::Rng;
use serde_json::{Value, json};
use sotto_crypto::keys::{Identity, Prekey};

use crate::wire::{Connection, Target};

/// Logins that are under way together.
const LOGINS_AT_ONCE: usize = 32;
/// What a prekey says of its age; the server does not look at it.
const CREATED_AT: u64 = 1_700_000_000;

/// A person with an account of their own.
#[derive(Debug)]
pub struct Person {
    /// The username.
    pub name: String,
    /// The identity.
    pub identity: Identity,
    /// The prekey, 50 bytes.
    prekey: Vec<u8>,
    prekey_signature: [u8; 64],
}

impl Person {
    /// People whose names nobody has yet.
    pub fn crowd(count: usize) -> Vec<Self> {
        let run = hex::encode(random::<6>());
        (0..count)
            .map(|index| Self::new(format!("bench-{run}-{index}")))
            .collect()
    }

    fn new(name: String) -> Self {
        let identity = Identity::from_seed(random());
        let prekey = Prekey::new(random(), CREATED_AT);
        Self {
            name,
            prekey: prekey.spk().to_bytes().to_vec(),
            prekey_signature: identity.sign_spk(prekey.spk()),
            identity,
        }
    }

    fn registration(&self) -> Value {
        json!({
            "username": self.name,
            "public_key": hex::encode(self.identity.public().as_bytes()),
            "spk": hex::encode(&self.prekey),
            "sig": hex::encode(self.prekey_signature),
            "own_storage": "",
        })
    }

    /// Connects and logs in.
    ///
    /// # Errors
    /// Where the server is out of reach or refuses.
    pub async fn log_in(&self, target: &Target) -> Result<Connection> {
        let mut connection = Connection::open(target).await?;
        let challenge = connection
            .ask("login", json!({ "username": self.name }))
            .await?;
        let challenge = hex::decode(challenge.as_str().context("the challenge is no text")?)?;
        let response = self
            .identity
            .sign_login(&target.origin, &self.name, &challenge)
            .map_err(|refusal| anyhow::anyhow!("the challenge: {refusal}"))?;
        let response = json!({ "response": hex::encode(response) });
        connection
            .ask("login_challenge_response", response)
            .await
            .context(
                "is the server's own origin the one that was dialled? --origin says otherwise",
            )?;
        Ok(connection)
    }
}

/// Random bytes; good enough for accounts that a measurement throws away.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// Registers everyone.
///
/// # Errors
/// Where the server is out of reach or refuses.
pub async fn register(target: &Target, people: &[Person]) -> Result<()> {
    let requests = people.iter().map(Person::registration).collect();
    let mut guest = Connection::open(target).await?;
    guest.ask_all("register", requests).await?;
    Ok(())
}

/// Logs everyone in; the connections come in the order of the people.
///
/// # Errors
/// Where the server is out of reach or refuses.
pub async fn log_in_all(target: &Target, people: &[Person]) -> Result<Vec<Connection>> {
    stream::iter(people)
        .map(|person| person.log_in(target))
        .buffered(LOGINS_AT_ONCE)
        .try_collect()
        .await
}

/// A DM with all its members connected.
#[derive(Debug)]
pub struct Group {
    /// The DM's id.
    pub dm: u64,
    /// The creator.
    pub creator: Person,
    /// The creator's connection.
    pub creators_connection: Connection,
    /// The connections of the others.
    pub others: Vec<Connection>,
}

impl Group {
    /// `count` groups of `members`, nobody in two of them.
    ///
    /// # Errors
    /// Where the server is out of reach or refuses.
    pub async fn many(target: &Target, count: usize, members: usize) -> Result<Vec<Self>> {
        let mut people = Person::crowd(count * members);
        register(target, &people).await?;
        let mut groups = Vec::with_capacity(count);
        while !people.is_empty() {
            groups.push(Self::of(target, people.drain(..members).collect()).await?);
        }
        Ok(groups)
    }

    async fn of(target: &Target, mut people: Vec<Person>) -> Result<Self> {
        let mut others = log_in_all(target, &people).await?;
        let mut creators_connection = others.remove(0);
        let creator = people.remove(0);
        if let ([friend], [connection]) = (people.as_slice(), others.as_mut_slice()) {
            let asked = json!({ "username": friend.name });
            creators_connection
                .ask("send_friend_request", asked)
                .await?;
            let taken = json!({ "username": creator.name, "accept": true });
            connection.ask("ack_friend_request", taken).await?;
        }
        let leaves = (people.len() + 1).next_power_of_two();
        let key = || hex::encode(random::<32>());
        let request = json!({
            "usernames": people.iter().map(|person| &person.name).collect::<Vec<_>>(),
            "messages": people
                .iter()
                .map(|person| json!({ "ek": key(), "spk": hex::encode(&person.prekey) }))
                .collect::<Vec<_>>(),
            "key_tree": (0..2 * leaves - 2).map(|_| key()).collect::<Vec<_>>(),
        });
        let dm = creators_connection.ask("create_dm", request).await?;
        Ok(Self {
            dm: dm.as_u64().context("the DM's id is no number")?,
            creator,
            creators_connection,
            others,
        })
    }
}
