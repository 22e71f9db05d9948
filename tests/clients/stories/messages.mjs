// Messages: send, receive, page, react, edit, pin, delete.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { Identity, random, sealed, verifies } from "../keys.mjs";

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;

export default async function (world, step) {
  const { alice, bob, carol, dave } = world;

  await step("a message reaches all, its sender included, and its signature holds", async () => {
    const message = sealed("hello, three");
    const mine = await alice.say(world.three, message);
    for (const person of [bob, carol]) {
      const theirs = await person.notice("message_notification", (m) => m.message === message);
      assert.deepEqual(theirs, mine);
      const sender = await person.ok("get_user", { username: theirs.sender });
      assert.ok(verifies(sender.public_key, theirs.message, theirs.signature), "the signature is the sender's");
    }
    const { id, timestamp, ...rest } = mine;
    assert.ok(Number.isSafeInteger(id) && id > 0);
    assert.match(timestamp, TIMESTAMP);
    const signature = alice.identity.sign(message);
    assert.deepEqual(rest, { dm_id: world.three, sender: alice.username, message, signature, delete_timestamp: null, pinned: false, reactions: [] });
    assert.deepEqual(await carol.ok("get_message", { id }), mine);
    assert.deepEqual((await carol.ok("get_dm", { id: world.three })).latest_message, mine);
    const foreign = await dave.ask("get_message", { id });
    assert.deepEqual(foreign, await dave.ask("get_message", { id: 2 ** 53 - 1 }), "a stranger cannot tell a message from none");
  });

  await step("a false signature is refused; a repeated send is taken once", async () => {
    const message = sealed("once");
    await alice.refused("bad_signature", "send_message", { id: world.two, message, signature: new Identity().sign(message) });
    await alice.say(world.two, message);
    await alice.done("send_message", { id: world.two, message, signature: alice.identity.sign(message) });
    const history = await bob.ok("get_message_history", { id: world.two });
    assert.equal(history.filter((m) => m.message === message).length, 1);
  });

  await step("a send without an ack id is carried out all the same", async () => {
    const message = sealed("no ack wanted");
    bob.socket.emit("send_message", { id: world.two, message, signature: bob.identity.sign(message) });
    assert.equal((await alice.notice("message_notification", (m) => m.message === message)).sender, bob.username);
  });

  await step("messages of one connection arrive in the order sent; history pages newest first, without gap or repeat", async () => {
    const texts = Array.from({ length: 7 }, (_, i) => sealed(`page ${i}`));
    const acks = texts.map((message) => alice.done("send_message", { id: world.two, message, signature: alice.identity.sign(message) }));
    await Promise.all(acks);
    const heard = [];
    for (let i = 0; i < texts.length; i += 1) {
      heard.push(await bob.notice("message_notification", (m) => texts.includes(m.message)));
    }
    assert.deepEqual(heard.map((m) => m.message), texts);

    const whole = await bob.ok("get_message_history", { id: world.two, cursor: null, count: 200 });
    assert.deepEqual(whole.slice(0, 7).map((m) => m.message), [...texts].reverse());
    const stamps = whole.map((m) => m.timestamp);
    assert.ok(stamps.every((t, i) => i === 0 || t < stamps[i - 1]), "timestamps strictly fall");
    const paged = [];
    for (let cursor = null; ; ) {
      const page = await bob.ok("get_message_history", { id: world.two, cursor, count: 2 });
      if (page.length === 0) break;
      assert.ok(page.length <= 2, "count is kept");
      assert.ok(cursor === null || page[0].timestamp < cursor, "strictly older than the cursor");
      paged.push(...page);
      cursor = page.at(-1).timestamp;
    }
    assert.deepEqual(paged, whole);
    assert.deepEqual(await bob.ok("get_message_history", { id: world.two, limit: 3 }), whole.slice(0, 3));
    const after = await bob.ok("get_message_history", { id: world.two, after: whole[3].timestamp });
    assert.deepEqual(after, whole.slice(0, 3).reverse(), "after: oldest first, exclusive");
    await bob.refused("invalid_request", "get_message_history", { id: world.two, count: 0 });
    for (const person of [alice, bob]) {
      for (const message of texts) {
        assert.equal(person.count("message_notification", (m) => m.message === message), 1, "each message is told of once");
      }
    }
    world.letter = whole[0];
  });

  await step("reactions: told under both names, idempotent, taken back by their sender alone", async () => {
    const { id } = world.letter;
    const reaction = sealed("+1");
    const signature = bob.identity.sign(reaction);
    const reactionId = await bob.ok("add_reaction", { id, reaction, signature });
    assert.equal(await bob.ok("add_reaction", { id, reaction, signature }), reactionId);
    const expected = { ...world.letter, reactions: [{ id: reactionId, sender: bob.username, reaction, signature }] };
    await changed([alice, bob], expected);
    await alice.refused("bad_signature", "add_reaction", { id, reaction, signature });
    await alice.refused("not_owner", "remove_reaction", { id: reactionId });
    await dave.refused("no_access", "remove_reaction", { id: reactionId });
    await bob.done("remove_reaction", { id: reactionId });
    await changed([alice, bob], world.letter);
  });

  await step("edit: the sender alone", async () => {
    const message = sealed("edited");
    const { id } = world.letter;
    await bob.refused("not_owner", "set_message", { id, message, signature: bob.identity.sign(message) });
    await alice.refused("invalid_request", "set_message", { id, message });
    await alice.done("set_message", { id, message, signature: alice.identity.sign(message) });
    world.letter = { ...world.letter, message, signature: alice.identity.sign(message) };
    await changed([alice, bob], world.letter);
    assert.deepEqual(await bob.ok("get_message", { id }), world.letter);
  });

  await step("pin: any member; get_pinned lists it; unpinned it is gone from there", async () => {
    const { id } = world.letter;
    await bob.done("set_message", { id, pinned: true });
    await changed([alice, bob], { ...world.letter, pinned: true });
    assert.deepEqual(await alice.ok("get_pinned", { id: world.two }), [{ ...world.letter, pinned: true }]);
    await alice.done("set_message", { id, pinned: false });
    await changed([alice, bob], world.letter);
    assert.deepEqual(await alice.ok("get_pinned", { id: world.two }), []);
  });

  await step("delete_message: the sender alone, and it is gone for all", async () => {
    const { id } = world.letter;
    await bob.refused("not_owner", "delete_message", { id });
    await alice.done("delete_message", { id });
    for (const person of [alice, bob]) {
      assert.equal(await person.notice("message_delete_notification"), id);
    }
    await alice.refused("no_access", "get_message", { id });
    const history = await bob.ok("get_message_history", { id: world.two });
    assert.ok(history.every((m) => m.id !== id));
  });

  await step("get_message_changes tells a device what it missed", async () => {
    const start = await bob.ok("get_message_changes", { id: world.two, since: null });
    assert.deepEqual([start.messages, start.deleted, start.more], [[], [], false]);
    const kept = await alice.say(world.two, random(30));
    const lost = await alice.say(world.two, random(30));
    await alice.done("delete_message", { id: lost.id });
    const missed = await bob.ok("get_message_changes", { id: world.two, since: start.cursor });
    assert.deepEqual(missed.messages, [kept]);
    assert.ok(missed.deleted.includes(lost.id));
    for (const person of [alice, bob]) {
      assert.equal(await person.notice("message_delete_notification"), lost.id);
    }
  });
}

/** Each of them hears of a change under both names, with the message as it is now. */
async function changed(people, message) {
  for (const person of people) {
    for (const name of ["message_change_notification", "message_notification"]) {
      assert.ok(await person.notice(name, (m) => isDeepStrictEqual(m, message), `as ${JSON.stringify(message)}`));
    }
  }
}
