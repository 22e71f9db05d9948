//! encode, hkdf, words, names, login, fingerprint, own_storage.
use crate::people::account;
use crate::{Suite, flipped, get, rep, text, with};
use serde_json::{Value, json};

pub fn all() -> Vec<Suite> {
    vec![
        encode(),
        names(),
        hkdf(),
        words(),
        login(),
        fingerprint(),
        own_storage(),
    ]
}

fn encode() -> Suite {
    let mut s = Suite::new("encode", "C-101 C-102 C-104");
    for len in [0, 1, 255, 256, 1024] {
        s.ok("v", json!({"x": "ab".repeat(len)}), "");
    }
    let t = |label: &str, fields: &[&str]| json!({"label_hex": text(label), "fields": fields});
    s.ok("t", t("", &[]), "empty label, no field");
    s.ok("t", t("x", &[""]), "one empty field");
    s.ok("t", t("x", &["", ""]), "two empty fields");
    s.ok(
        "t",
        t("x", &["6162", "63"]),
        "the boundary between fields counts",
    );
    s.ok(
        "t",
        t("x", &["61", "6263"]),
        "the boundary between fields counts",
    );
    s.ok("t", t("x6162", &["63"]), "the label is no field");
    s.ok(
        "t",
        t("storage-key", &["00".repeat(300).as_str()]),
        "a long field",
    );
    s.ok("t", t("x", &["61"; 255]), "255 fields");
    for good in ["", "00", "ff", "0123456789abcdef"] {
        s.ok("hex_decode", json!({"text_hex": text(good)}), "");
    }
    for bad in [
        "0",
        "0F",
        "FF",
        "0x00",
        "0g",
        " 00",
        "00 ",
        "00\n",
        "\u{ff10}\u{ff10}",
    ] {
        s.err("E_HEX", "hex_decode", json!({"text_hex": text(bad)}), "");
    }
    s.ok(
        "hex_decode",
        json!({"text_hex": text(&rep::<32>(7)), "len": 32}),
        "",
    );
    s.err(
        "E_HEX",
        "hex_decode",
        json!({"text_hex": text(&rep::<31>(7)), "len": 32}),
        "one byte short",
    );
    s.err(
        "E_HEX",
        "hex_decode",
        json!({"text_hex": text(&rep::<33>(7)), "len": 32}),
        "one byte long",
    );
    s
}

fn names() -> Suite {
    let mut s = Suite::new("names", "C-105");
    let name = |n: &str| json!({"name_hex": text(n)});
    for good in [
        "a",
        "alice",
        "\u{c7}arol",
        "Smith Jones",
        "\u{540d}\u{524d}",
        "\u{1f469}\u{200d}\u{1f52c}",
    ] {
        s.ok("name_check", name(good), "");
    }
    s.ok("name_check", name(&"x".repeat(64)), "64 bytes");
    s.ok(
        "name_check",
        name(&"\u{e9}".repeat(32)),
        "64 bytes in 32 characters",
    );
    s.ok(
        "name_check",
        name("\u{feff}x"),
        "U+FEFF has not the property White_Space",
    );
    s.err("E_NAME", "name_check", name(""), "empty");
    s.err("E_NAME", "name_check", name(&"x".repeat(65)), "65 bytes");
    s.err(
        "E_NAME",
        "name_check",
        name(&"\u{e9}".repeat(33)),
        "66 bytes in 33 characters",
    );
    s.err("E_NAME", "name_check", name("C\u{327}arol"), "not in NFC");
    s.err(
        "E_NAME",
        "name_check",
        name("\u{212b}"),
        "not in NFC: the Angstrom sign is a singleton",
    );
    for c in [
        '\0', '\t', '\n', '\u{1f}', '\u{7f}', '\u{80}', '\u{85}', '\u{9f}',
    ] {
        s.err(
            "E_NAME",
            "name_check",
            name(&format!("a{c}b")),
            "a control character",
        );
    }
    for c in [
        ' ', '\u{a0}', '\u{1680}', '\u{2003}', '\u{2028}', '\u{3000}',
    ] {
        s.err(
            "E_NAME",
            "name_check",
            name(&format!("{c}b")),
            "white space in front",
        );
        s.err(
            "E_NAME",
            "name_check",
            name(&format!("a{c}")),
            "white space at the end",
        );
    }
    s.err(
        "E_NAME",
        "name_check",
        json!({"name_hex": "ff"}),
        "not UTF-8",
    );
    s.err(
        "E_NAME",
        "name_check",
        json!({"name_hex": "eda080"}),
        "a surrogate in UTF-8",
    );
    s.err(
        "E_NAME",
        "name_check",
        json!({"name_hex": "c0af"}),
        "an overlong form",
    );
    s
}

fn hkdf() -> Suite {
    let mut s = Suite::new("hkdf", "C-103");
    let labels = [
        "identity-seed",
        "storage-key",
        "x3dh-leaf",
        "tree-node",
        "group-secret",
        "confirm",
        "sender-key",
        "msg-key",
        "msg-commit",
        "storage-mk",
        "storage-commit",
    ];
    for label in labels {
        let info = get("t", json!({"label_hex": text(label), "fields": []}));
        s.ok(
            "kdf",
            json!({"salt": "", "ikm": rep::<32>(1), "info": info["bytes"]}),
            label,
        );
    }
    s.ok(
        "kdf",
        json!({"salt": rep::<32>(0), "ikm": rep::<32>(1), "info": ""}),
        "32 zero bytes are as no salt",
    );
    s.ok(
        "kdf",
        json!({"salt": "", "ikm": rep::<32>(1), "info": ""}),
        "",
    );
    s.ok(
        "kdf",
        json!({"salt": rep::<80>(0xaa), "ikm": "", "info": rep::<200>(2)}),
        "a salt over the block length",
    );
    s
}

fn words() -> Suite {
    let mut s = Suite::new("words", "C-106 C-107");
    let mut entropies: Vec<String> = [0, 1, 0x7f, 0x80, 0xff].map(rep::<32>).to_vec();
    entropies.push((0..32u8).map(|b| format!("{b:02x}")).collect());
    entropies.push(
        (0..32u8)
            .map(|b| format!("{:02x}", b.wrapping_mul(73) ^ 0x5a))
            .collect(),
    );
    for r in &entropies {
        let words = s.ok("words_encode", json!({"r": r}), "");
        s.ok("words_decode", words, "");
        s.ok("account", json!({"r": r}), "");
    }
    let bytes = get("words_encode", json!({"r": rep::<32>(1)}));
    let bytes = sotto_crypto::hex::decode(bytes["words_hex"].as_str().unwrap()).unwrap();
    let good = String::from_utf8(bytes).unwrap();
    let phrase = |p: &str| json!({"words_hex": text(p)});
    s.ok("words_decode", phrase(&good.to_uppercase()), "upper case");
    s.ok(
        "words_decode",
        phrase(&format!("  {}\n", good.replace(' ', "\t \u{a0}\u{3000}"))),
        "any white space",
    );
    let wide: String = good
        .chars()
        .map(|c| if c == 'a' { '\u{ff41}' } else { c })
        .collect();
    s.ok("words_decode", phrase(&wide), "full-width letters, by NFKD");
    s.ok(
        "words_decode",
        phrase(&good.replace('k', "\u{212a}")),
        "the Kelvin sign, by NFKD and lower case",
    );
    let (head, last) = good.rsplit_once(' ').unwrap();
    assert_eq!(last, "comic");
    s.err("E_WORDS", "words_decode", phrase(head), "23 words");
    s.err(
        "E_WORDS",
        "words_decode",
        phrase(&format!("{good} comic")),
        "25 words",
    );
    s.err("E_WORDS", "words_decode", phrase(""), "no word");
    s.err(
        "E_WORDS",
        "words_decode",
        phrase(&format!("{head} zoo")),
        "wrong checksum",
    );
    s.err(
        "E_WORDS",
        "words_decode",
        phrase(&format!("{head} sotto")),
        "no word of the list",
    );
    s.err(
        "E_WORDS",
        "words_decode",
        phrase(&format!("{head} comi")),
        "an abbreviated word",
    );
    let twelve = "abandon ".repeat(11) + "about";
    s.err(
        "E_WORDS",
        "words_decode",
        phrase(&twelve),
        "12 words with a right checksum",
    );
    let spanish = "\u{e1}baco ".repeat(23) + "\u{e1}baco";
    s.err(
        "E_WORDS",
        "words_decode",
        phrase(&spanish),
        "another language",
    );
    s
}

fn login() -> Suite {
    let mut s = Suite::new("login", "C-401 C-403");
    let alice = account(1);
    let origin = "https://chat.example.org";
    let input = json!({
        "ik_seed": alice["ik_seed"], "origin_hex": text(origin), "name_hex": text("alice"), "challenge": rep::<32>(0x61)
    });
    let out = s.ok("login", input.clone(), "");
    s.ok(
        "login",
        with(&input, json!({"origin_hex": text("http://localhost:3000")})),
        "",
    );
    s.ok(
        "login",
        with(&input, json!({"challenge": alice["ik"]})),
        "a challenge that is the own key: still 64 bytes",
    );
    for len in [0, 31, 33, 50, 64] {
        s.err(
            "E_CHALLENGE",
            "login",
            with(&input, json!({"challenge": "61".repeat(len)})),
            "wrong length",
        );
    }
    let verify = json!({
        "ik": alice["ik"], "origin_hex": text(origin), "name_hex": text("alice"), "challenge": rep::<32>(0x61),
        "response": out["response"],
    });
    s.ok("login_verify", verify.clone(), "");
    let mut wrong = |code: &str, changes: Value, note: &str| {
        s.err(code, "login_verify", with(&verify, changes), note)
    };
    wrong(
        "E_SIG",
        json!({"origin_hex": text("https://evil.example.org")}),
        "relayed to another server",
    );
    wrong(
        "E_SIG",
        json!({"origin_hex": text("http://chat.example.org")}),
        "another scheme",
    );
    wrong("E_SIG", json!({"name_hex": text("alic")}), "another name");
    wrong(
        "E_SIG",
        json!({"challenge": rep::<32>(0x62)}),
        "another challenge",
    );
    wrong("E_SIG", json!({"ik": account(2)["ik"]}), "another key");
    wrong(
        "E_SIG",
        json!({"response": flipped(&out["response"], 0)}),
        "R flipped",
    );
    wrong(
        "E_SIG",
        json!({"response": flipped(&out["response"], 63)}),
        "S flipped",
    );
    wrong(
        "E_SIG",
        json!({"response": rep::<32>(1)}),
        "a legacy answer's length",
    );
    wrong("E_CHALLENGE", json!({"challenge": rep::<31>(0x61)}), "");
    s
}

fn fingerprint() -> Suite {
    let mut s = Suite::new("fingerprint", "C-406 C-407 C-408");
    let person = |name: &str, number| json!({"name_hex": text(name), "ik": account(number)["ik"]});
    let (alice, bob, carol) = (
        person("alice", 1),
        person("bob", 2),
        person("\u{c7}arol", 3),
    );
    for who in [&alice, &bob, &carol] {
        s.ok("fingerprint", who.clone(), "");
    }
    s.ok("safety_number", json!({"a": alice, "b": bob}), "");
    s.ok(
        "safety_number",
        json!({"a": bob, "b": alice}),
        "the same from the other side",
    );
    s.ok("safety_number", json!({"a": carol, "b": alice}), "");
    for b in [0, 1, 0xff] {
        s.ok("group_code", json!({"gi_hash": rep::<32>(b)}), "");
    }
    s
}

fn own_storage() -> Suite {
    let mut s = Suite::new("own-storage", "C-501 C-502 C-507");
    let alice = account(1);
    let seal = json!({
        "os_key": alice["os_key"], "name_hex": text("alice"), "ik": alice["ik"], "version": 5, "salt": rep::<32>(0x71),
        "json_hex": text(r#"{"v":1}"#),
    });
    let sealed = s.ok("storage_seal", seal.clone(), "");
    s.ok(
        "storage_seal",
        with(&seal, json!({"json_hex": ""})),
        "an empty text still fills one block",
    );
    s.ok(
        "storage_seal",
        with(&seal, json!({"json_hex": "20".repeat(1020)})),
        "just one block",
    );
    s.ok(
        "storage_seal",
        with(&seal, json!({"json_hex": "20".repeat(1021)})),
        "two blocks",
    );
    s.ok(
        "storage_seal",
        with(&seal, json!({"version": "18446744073709551615"})),
        "the highest version",
    );
    let open = json!({
        "os_key": alice["os_key"], "name_hex": text("alice"), "ik": alice["ik"], "blob": sealed["blob"], "highest_seen": 5,
    });
    s.ok("storage_open", open.clone(), "");
    s.ok(
        "storage_open",
        with(&open, json!({"highest_seen": 0})),
        "a fresh device",
    );
    s.err(
        "E_ROLLBACK",
        "storage_open",
        with(&open, json!({"highest_seen": 6})),
        "an older blob",
    );
    let flips = [
        (0, "magic"),
        (4, "mode"),
        (12, "version"),
        (13, "salt"),
        (45, "commitment"),
        (77, "ciphertext"),
        (1116, "tag"),
    ];
    for (at, note) in flips {
        s.err(
            "E_STORAGE",
            "storage_open",
            with(&open, json!({"blob": flipped(&sealed["blob"], at)})),
            note,
        );
    }
    let blob = sealed["blob"].as_str().unwrap();
    for len in [0, 44, 45, 76, 77, 92, 93, 1116] {
        s.err(
            "E_STORAGE",
            "storage_open",
            with(&open, json!({"blob": blob[..len * 2]})),
            "truncated",
        );
    }
    s.err(
        "E_STORAGE",
        "storage_open",
        with(&open, json!({"blob": format!("{blob}00")})),
        "a trailing byte",
    );
    s.err(
        "E_STORAGE",
        "storage_open",
        with(&open, json!({"name_hex": text("bob")})),
        "another name",
    );
    s.err(
        "E_STORAGE",
        "storage_open",
        with(&open, json!({"ik": account(2)["ik"]})),
        "another identity",
    );
    s.err(
        "E_STORAGE",
        "storage_open",
        with(&open, json!({"os_key": account(2)["os_key"]})),
        "another key",
    );
    let block = |head: &str, tail: &str, len: usize| {
        format!(
            "{head}{}{tail}",
            "00".repeat(len - (head.len() + tail.len()) / 2)
        )
    };
    let inners = [
        (
            block("00000002", "7b7d", 1024),
            "the text at the end of the block",
        ),
        (
            block("000000027b7d", "01", 1024),
            "padding that is not zero",
        ),
        (
            block("000000027b7d", "", 2048),
            "padding of more than the least",
        ),
        (block("000003fd", "", 1024), "a text longer than the block"),
        (block("ffffffff", "", 1024), "a text of 4 GiB"),
        (block("00000001ff", "", 1024), "not UTF-8"),
        (
            block("000000027b7d", "", 1023),
            "not a multiple of the block",
        ),
        (String::new(), "nothing"),
    ];
    for (inner, note) in inners {
        let sealed = get("storage_seal_inner", with(&seal, json!({"inner": inner})));
        s.err("E_STORAGE", "storage_open", with(&open, sealed), note);
    }
    s.err(
        "E_STORAGE",
        "storage_open",
        with(&open, json!({"blob": text(r#"{"v":1}"#)})),
        "plain text",
    );
    s
}
