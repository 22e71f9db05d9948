//! Secrets show in no Debug output and compare in constant time.
use super::Group;
use crate::envelope::{self, Draft, Incoming, Kind, Slot, Stamp};
use crate::keys::{GroupSecret, Identity, Prekey, RecoverySecret, StorageKey};
use crate::storage::{self, Owner};
use crate::{hex, report};
use zeroize::ZeroizeOnDrop;

/// Every type that holds a secret or a text, printed plainly and prettily.
#[test]
fn c_116_debug_output_holds_no_secret() {
    let secret = [0xa7; 32];
    let recovery = RecoverySecret::from_bytes(secret);
    let identity = Identity::from_seed(secret);
    let prekey = Prekey::new(secret, 5);
    assert_eq!(format!("{recovery:?}"), "RecoverySecret(..)");
    assert_eq!(
        format!("{:?}", StorageKey::from_bytes(secret)),
        "StorageKey(..)"
    );
    assert_eq!(
        format!("{:?}", GroupSecret::from_bytes(secret)),
        "GroupSecret(..)"
    );

    let group = Group::new(3, 8);
    let context = &group.created.context;
    let body = "a text that nobody logs";
    let draft = Draft {
        kind: Kind::Message,
        target: [0; 32],
        rev: 0,
        sent_at_ms: 1,
        expire_s: 0,
        body,
    };
    let stamp = Stamp {
        sid: [1; 8],
        seq: 0,
        salt: [2; 32],
    };
    let sealed = envelope::seal(context, &group.people[0].identity, 0, &stamp, &draft).unwrap();
    let incoming = Incoming {
        slot: Slot::Message { root: None },
        sender: None,
        envelope: &sealed.envelope,
        signature: &sealed.signature,
    };
    let opened = envelope::open(context, &incoming).unwrap();
    let report = report::make(context, &sealed.envelope, &sealed.signature).unwrap();
    let key = StorageKey::from_bytes(secret);
    let owner = Owner {
        key: &key,
        name: "alice",
        ik: identity.public(),
    };
    let blob = storage::seal(&owner, 1, &[3; 32], body);
    let stored = storage::open(&owner, &blob, 0).unwrap();

    let printed = format!(
        "{recovery:?} {recovery:#?} {identity:?} {identity:#?} {prekey:?} {prekey:#?} {owner:?} {owner:#?} {context:?} \
         {context:#?} {:?} {:#?} {:?} {:#?} {draft:?} {draft:#?} {opened:?} {opened:#?} {report:?} {report:#?} {stored:?} \
         {stored:#?} {:?} {:#?} {:?}",
        group.created,
        group.created,
        group.random,
        group.random,
        group.people[1].me(),
        group.people[1].me(),
        report::open(&report).unwrap(),
    );
    let member = &group.people[1];
    let secrets = [
        secret,
        *recovery.identity().expose_seed(),
        *recovery.storage_key().expose(),
        *context.secret().expose(),
        *member.identity.expose_seed(),
        *member.prekey.expose(),
        *group.random.leaf,
        *group.random.padding[0],
        *group.random.eks[0],
        *report.prk,
    ];
    assert!(!printed.contains(body));
    for secret in secrets {
        // As hex, as the list that Debug prints for an array, on one line or one number a line.
        let list: Vec<String> = secret[..6].iter().map(u8::to_string).collect();
        assert!(!printed.contains(&hex::encode(&secret[..6])));
        assert!(!printed.contains(&list.join(", ")));
        let pretty = printed.replace(char::is_whitespace, "");
        assert!(!pretty.contains(&list.join(",")));
    }
}

#[test]
fn c_116_secrets_compare_by_their_bytes() {
    assert_eq!(
        GroupSecret::from_bytes([1; 32]),
        GroupSecret::from_bytes([1; 32])
    );
    let mut other = [1; 32];
    other[31] = 0;
    assert_ne!(
        GroupSecret::from_bytes([1; 32]),
        GroupSecret::from_bytes(other)
    );
}

/// What cannot be seen from outside: the types of secrets wipe themselves, and no line compares a
/// secret or a tag in another way than in constant time.
#[test]
fn c_116_secrets_are_wiped_and_tags_compared_in_constant_time() {
    fn wiped<T: ZeroizeOnDrop>() {}
    wiped::<RecoverySecret>();
    wiped::<StorageKey>();
    wiped::<GroupSecret>();
    wiped::<crate::kdf::Key>();
    wiped::<ed25519_dalek::SigningKey>();
    wiped::<x25519_dalek::StaticSecret>();
    for (source, comparison) in [
        (
            include_str!("../envelope.rs"),
            "!bool::from(mc.ct_eq(&self.mc))",
        ),
        (
            include_str!("../storage.rs"),
            "!bool::from(mc.ct_eq(&mc_given))",
        ),
        (
            include_str!("../group.rs"),
            "bool::from(expected.ct_eq(confirm))",
        ),
        (include_str!("../keys.rs"), "self.0.ct_eq(&other.0).into()"),
    ] {
        assert_eq!(source.matches("ct_eq(").count(), 1);
        assert!(source.contains(comparison), "{comparison}");
    }
}
