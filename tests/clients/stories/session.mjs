// Connect, register, log in: what works before anyone is known.

import assert from "node:assert/strict";
import { datedPrekey, goldenLogin, Identity, random, seedPrekey } from "../keys.mjs";

export default async function ({ alice, bob, carol, dave }, step) {
  await step("the login signature of this program is the specification's", async () => {
    const { publicKey, answer } = goldenLogin();
    assert.equal(publicKey, "64df8fe57861e7b4e946a7ffc3ad38c3dd876636b837b36e2ae24ea4b51ff7fb");
    const golden =
      "7ab7e57cddc7adfa0f5e6861f95b4e618d3c1be959879232bb2a56f7e1d70268" +
      "707192aab24c3825cc4e14eaad57eb9b13d1de09960b022f69d0ae8b6edf6c0c";
    assert.equal(answer, golden);
  });

  await step("four clients connect", async () => {
    await Promise.all([alice, bob, carol, dave].map((person) => person.connect()));
  });

  await step("a stranger is told to log in first, and that an unknown event is unknown", async () => {
    await alice.refused("not_logged_in", "get_dms", {});
    await alice.refused("not_logged_in", "send_message", { nonsense: true });
    await alice.refused("unknown_event", "make_tea", {});
    await alice.refused("no_challenge", "login_challenge_response", { response: random(64) });
  });

  await step("register: seed-style prekey of 32 bytes, the name is free before and taken after", async () => {
    assert.equal(await alice.ok("username_exists", { username: alice.username }), false);
    alice.spk = seedPrekey();
    await register(alice, { own_storage: "my own notes" });
    assert.equal(await alice.ok("username_exists", { username: alice.username }), true);
    assert.equal(await alice.ok("username_exists", { username: alice.username.toUpperCase() }), true, "folded");
    const again = { username: alice.username, public_key: alice.identity.publicHex, spk: null, sig: null, own_storage: "" };
    await bob.refused("username_taken", "register", again);
    await alice.refused("not_logged_in", "get_full_user", {});
  });

  await step("register: self-describing prekey of 50 bytes; a false signature is refused", async () => {
    bob.spk = datedPrekey(Math.floor(Date.now() / 1000));
    const forged = { username: bob.username, public_key: bob.identity.publicHex, spk: bob.spk, sig: new Identity().sign(bob.spk), own_storage: "" };
    await bob.refused("bad_signature", "register", forged);
    await register(bob);
  });

  await step("register: upper-case hex; and a user without a prekey", async () => {
    carol.spk = seedPrekey();
    await carol.done("register", {
      username: carol.username,
      public_key: carol.identity.publicHex.toUpperCase(),
      spk: carol.spk.toUpperCase(),
      sig: carol.identity.sign(carol.spk).toUpperCase(),
      own_storage: "",
    });
    dave.spk = null;
    await dave.done("register", { username: dave.username, public_key: dave.identity.publicHex, spk: null, sig: null, own_storage: "" });
  });

  await step("login: no such user, a wrong key, a wrong origin; an answer spends the challenge", async () => {
    await alice.refused("no_such_user", "login", { username: `nobody-${random(4)}` });
    const login = { username: alice.username };

    const first = await alice.ok("login", login);
    const response = alice.identity.answer(alice.origin, alice.username, first);
    await alice.refused("wrong_response", "login_challenge_response", { response: new Identity().answer(alice.origin, alice.username, first) });
    await alice.refused("no_challenge", "login_challenge_response", { response });

    const second = await alice.ok("login", login);
    assert.notEqual(second, first, "a challenge is fresh");
    const elsewhere = alice.identity.answer("https://elsewhere.example", alice.username, second);
    await alice.refused("wrong_response", "login_challenge_response", { response: elsewhere });
  });

  await step("login: the right answer, once", async () => {
    await alice.login();
    await alice.refused("already_logged_in", "login", { username: alice.username });
    await alice.refused("already_logged_in", "login_challenge_response", { response: random(64) });
    await Promise.all([bob, carol, dave].map((person) => person.login()));
  });

  await step("get_full_user with and without an argument; get_user of others", async () => {
    const me = await alice.ok("get_full_user", {});
    assert.deepEqual(await alice.ok("get_full_user"), me);
    const { own_storage, own_storage_version, invites, ...user } = me;
    assert.deepEqual([own_storage, own_storage_version, invites], ["my own notes", 0, "anyone"]);
    assert.deepEqual(user, {
      username: alice.username,
      public_key: alice.identity.publicHex,
      spk: alice.spk,
      sig: alice.identity.sign(alice.spk),
      status: "online",
      biography: "",
      profile_picture: "",
    });
    assert.deepEqual(await bob.ok("get_user", { username: alice.username }), user);
    const seen = await alice.ok("get_user", { username: carol.username });
    assert.deepEqual([seen.public_key, seen.spk], [carol.identity.publicHex, carol.spk], "hex comes back in lower case");
    assert.deepEqual((await alice.ok("get_user", { username: dave.username })).spk, null);
    const all = await alice.ok("get_user_list", {});
    assert.ok(all.some((u) => u.username === bob.username) || all.length === 1000, "bob is in the directory");
    assert.ok(all.every((u) => !("own_storage" in u)), "own_storage is shown to its owner alone");
  });

  await step("set_user: own_storage by version; what is not known is ignored", async () => {
    await alice.done("set_user", { own_storage: "newer notes", own_storage_version: 0, favourite_colour: "blue" });
    await alice.refused("conflict", "set_user", { own_storage: "older notes", own_storage_version: 0 });
    const me = await alice.ok("get_full_user", {});
    assert.deepEqual([me.own_storage, me.own_storage_version], ["newer notes", 1]);
  });
}

async function register(person, more = {}) {
  const { username, identity, spk } = person;
  await person.done("register", { username, public_key: identity.publicHex, spk, sig: identity.sign(spk), own_storage: "", ...more });
}
