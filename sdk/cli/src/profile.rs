//! A profile: one account on one device, in one folder. Keys, the server's address, and the SDK's state.

use std::env;
use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use sotto_sdk::{
    AccountKeys, FileStore, KeyStore, Options, ServerAddress, Store, TransportConfig, store,
};
use zeroize::Zeroizing;

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::keyfile::KeyFile;

/// What is kept in the open.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    server: String,
    username: String,
}

/// A profile folder with the options of this run.
#[derive(Debug)]
pub struct Profile<'a> {
    folder: PathBuf,
    options: &'a Global,
}

impl<'a> Profile<'a> {
    pub fn new(options: &'a Global) -> Outcome<Self> {
        let folder = match &options.profile {
            Some(folder) => folder.clone(),
            None => default_folder()?,
        };
        Ok(Self { folder, options })
    }

    fn keys_path(&self) -> PathBuf {
        self.folder.join("keys.json")
    }

    fn known_path(&self) -> PathBuf {
        self.folder.join("profile.json")
    }

    fn known(&self) -> Outcome<Option<Known>> {
        let path = self.known_path();
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .map(Some)
                .map_err(|_| Failure::files(format!("{} is damaged", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::files(format!("{}: {error}", path.display()))),
        }
    }

    /// The server: from the command line, else from the profile.
    pub fn server(&self) -> Outcome<ServerAddress> {
        let address = match &self.options.server {
            Some(address) => Some(address.clone()),
            None => self.known()?.map(|known| known.server),
        };
        let address = address
            .ok_or_else(|| Failure::usage("name the server: --server https://chat.example.org"))?;
        Ok(ServerAddress::parse(&address)?)
    }

    /// Who the profile is, without opening its keys.
    pub fn who(&self) -> Outcome<(String, String)> {
        let known = self.known()?.ok_or_else(|| self.empty())?;
        Ok((known.username, known.server))
    }

    fn empty(&self) -> Failure {
        Failure::files(format!(
            "there is no account in {}; see register and recover",
            self.folder.display()
        ))
    }

    /// Refuses to write over an account.
    pub fn must_be_new(&self) -> Outcome {
        match self.known()? {
            None => Ok(()),
            Some(known) => Err(Failure::files(format!(
                "{} holds the account {} already; name another folder with --profile",
                self.folder.display(),
                known.username
            ))),
        }
    }

    /// Keys that an interrupted registration of the same name left behind.
    pub fn unfinished(&self, username: &str) -> Outcome<Option<AccountKeys>> {
        if KeyFile::is_sealed(&self.keys_path())?.is_none() {
            return Ok(None);
        }
        let keys = self.keys()?;
        if keys.username() == username {
            Ok(Some(keys))
        } else {
            Err(Failure::files(format!(
                "{} holds an unfinished registration of {}; finish that, or remove the folder",
                self.folder.display(),
                keys.username()
            )))
        }
    }

    /// The account was not made after all.
    pub fn forget_keys(&self) -> Outcome {
        let path = self.keys_path();
        fs::remove_file(&path)
            .map_err(|error| Failure::files(format!("{}: {error}", path.display())))
    }

    /// Keeps a new account's keys.
    pub fn keep_keys(&self, keys: &AccountKeys) -> Outcome {
        store::private_folder(&self.folder)?;
        let passphrase = match self.given_passphrase()? {
            _ if self.options.no_passphrase => None,
            Some(given) => Some(given),
            None => Some(new_passphrase()?),
        };
        Ok(KeyFile::new(self.keys_path(), passphrase).save(keys)?)
    }

    /// The account exists: from now on the folder is its profile.
    pub fn complete(&self, keys: &AccountKeys, server: &ServerAddress) -> Outcome {
        let known = Known {
            server: server.to_string(),
            username: keys.username().to_owned(),
        };
        let json =
            serde_json::to_vec_pretty(&known).map_err(|error| Failure::files(error.to_string()))?;
        Ok(store::write_private(&self.known_path(), &json)?)
    }

    /// Opens the keys, asking for the passphrase where it is needed.
    pub fn keys(&self) -> Outcome<AccountKeys> {
        let path = self.keys_path();
        let passphrase = match KeyFile::is_sealed(&path)? {
            None => return Err(self.empty()),
            Some(false) => None,
            Some(true) => Some(match self.given_passphrase()? {
                Some(given) => given,
                None => ask("Passphrase: ")?,
            }),
        };
        let keys = KeyFile::new(path, passphrase).load()?;
        keys.ok_or_else(|| self.empty())
    }

    /// The device's state.
    pub fn store(&self) -> Outcome<Arc<dyn Store>> {
        Ok(Arc::new(FileStore::open(self.folder.join("state"))?))
    }

    pub fn sdk_options(&self) -> Outcome<Options> {
        Ok(Options {
            transport: self.transport()?,
        })
    }

    pub fn transport(&self) -> Outcome<TransportConfig> {
        let mut config = TransportConfig::default();
        if let Some(path) = &self.options.ca_file {
            let fail = |error: rustls::pki_types::pem::Error| {
                Failure::files(format!("{}: {error}", path.display()))
            };
            let roots = CertificateDer::pem_file_iter(path).map_err(fail)?;
            config.extra_roots = roots.collect::<Result<_, _>>().map_err(fail)?;
            if config.extra_roots.is_empty() {
                let sentence = format!("{} holds no certificate", path.display());
                return Err(Failure::files(sentence));
            }
        }
        Ok(config)
    }

    fn given_passphrase(&self) -> Outcome<Option<Zeroizing<String>>> {
        if let Some(path) = &self.options.passphrase_file {
            let text = fs::read_to_string(path)
                .map(Zeroizing::new)
                .map_err(|error| Failure::files(format!("{}: {error}", path.display())))?;
            let line = text.lines().next().unwrap_or_default();
            return not_empty(Zeroizing::new(line.to_owned())).map(Some);
        }
        match env::var("SOTTO_PASSPHRASE") {
            Ok(text) => not_empty(Zeroizing::new(text)).map(Some),
            Err(_) => Ok(None),
        }
    }
}

fn default_folder() -> Outcome<PathBuf> {
    let data = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".local/share")));
    data.map(|data| data.join("sotto"))
        .ok_or_else(|| Failure::usage("there is no home folder; name one with --profile"))
}

fn not_empty(passphrase: Zeroizing<String>) -> Outcome<Zeroizing<String>> {
    if passphrase.is_empty() {
        Err(Failure::usage(
            "the passphrase is empty; to keep the keys unencrypted, say --no-passphrase",
        ))
    } else {
        Ok(passphrase)
    }
}

fn new_passphrase() -> Outcome<Zeroizing<String>> {
    let first = not_empty(ask("New passphrase for the keys on this device: ")?)?;
    let second = ask("Once more: ")?;
    if *first == *second {
        Ok(first)
    } else {
        Err(Failure::usage("the two passphrases differ"))
    }
}

fn ask(question: &str) -> Outcome<Zeroizing<String>> {
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(|_| {
            Failure::usage(
                "there is no terminal to ask for the passphrase; use --passphrase-file or SOTTO_PASSPHRASE",
            )
        })
}

/// Reads a line, asking for it where someone sits at the terminal.
pub fn read_line(question: &str) -> Outcome<Zeroizing<String>> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprint!("{question}");
        drop(std::io::stderr().flush());
    }
    let mut line = Zeroizing::new(String::new());
    stdin
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::files(format!("standard input: {error}")))?;
    Ok(line)
}
