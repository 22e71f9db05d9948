// Blocks, the end of a friendship, leaving.

import assert from "node:assert/strict";
import { random, sealed } from "../keys.mjs";

export default async function ({ alice, bob, carol, dave, two, three }, step) {
  await step("a block ends the friendship in silence: the blocked one sees the blocker offline and cannot write in the DM of two", async () => {
    await bob.done("block_user", { username: alice.username });
    await bob.done("block_user", { username: alice.username });
    assert.deepEqual(await bob.ok("get_blocked", {}), [alice.username]);
    assert.deepEqual(await alice.ok("get_friends", {}), []);
    assert.equal((await alice.ok("get_user", { username: bob.username })).status, "offline");
    const message = random(20);
    await alice.refused("not_friends", "send_message", { id: two, message, signature: alice.identity.sign(message) });
    await alice.refused("not_friends", "ping_typing", { id: two });
    await alice.refused("cannot_friend", "send_friend_request", { username: bob.username });
    await alice.ok("get_message_history", { id: two });
    await bob.refused("invalid_request", "block_user", { username: bob.username });
  });

  await step("a DM of three does not know of the block", async () => {
    const message = sealed("still here");
    await alice.say(three, message);
    await bob.notice("message_notification", (m) => m.message === message);
  });

  await step("unblock under both its names; friends again", async () => {
    await bob.done("unblock_user", { username: alice.username });
    await bob.done("unblock", { username: alice.username });
    assert.deepEqual(await bob.ok("get_blocked", {}), []);
    await bob.done("send_friend_request", { username: alice.username });
    await alice.notice("friend_request_notification", (n) => n.username === bob.username);
    await alice.done("ack_friend_request", { username: bob.username, accept: true });
    await bob.notice("friend_request_accept_notification", (n) => n.accept);
    await alice.say(two, sealed("friends again"));
  });

  await step("unfriend tells both, each of the other", async () => {
    await alice.done("unfriend", { username: bob.username });
    assert.deepEqual(await alice.notice("unfriend_notification"), { username: bob.username });
    assert.deepEqual(await bob.notice("unfriend_notification"), { username: alice.username });
    await alice.refused("not_friends", "unfriend", { username: bob.username });
    const message = random(20);
    await bob.refused("not_friends", "send_message", { id: two, message, signature: bob.identity.sign(message) });
  });

  await step("leave_dm: those who stay are told; who left is a stranger", async () => {
    await carol.done("leave_dm", { id: three });
    for (const person of [alice, bob]) {
      await person.notice("dm_notification", (d) => d.id === three && !d.users.includes(carol.username));
    }
    await carol.refused("no_access", "get_dm", { id: three });
    assert.deepEqual(await carol.ok("get_dms", {}), []);
    await bob.done("leave_dm", { id: two });
    await alice.notice("dm_notification", (d) => d.id === two && d.users.length === 1);
    await alice.done("leave_dm", { id: two });
    assert.deepEqual(await alice.ok("get_dms", {}), [three]);
  });

  await step("nobody has heard more often than they should, and a stranger nothing at all", async () => {
    // Notices come in order: after these answers, none of what went before is still on its way.
    await Promise.all([alice, bob, carol, dave].map((person) => person.ok("get_dms", {})));
    const expected = {
      friend_request_notification: [2, 1, 0],
      friend_request_accept_notification: [1, 1, 1],
      unfriend_notification: [1, 1, 0], // the block before it told nobody
      x3dh_notification: [0, 3, 1], // bob: one DM of two, and the unacked one twice
      typing_notification: [0, 1, 1],
      user_joined_call: [3, 3, 2],
      user_left_call: [3, 3, 2],
      scheduled_message_sent_notification: [1, 1, 0],
      scheduled_soon_notification: [0, 0, 0], // for more than a minute ahead alone, and that one was cancelled
      scheduled_message_failed_notification: [0, 0, 0],
      message_change_notification: [5, 5, 0], // reaction, its removal, edit, pin, unpin
      message_delete_notification: [4, 4, 0],
    };
    for (const [name, counts] of Object.entries(expected)) {
      assert.deepEqual([alice, bob, carol].map((person) => person.count(name)), counts, `${name} to alice, bob, carol`);
    }
    assert.deepEqual(dave.log, []);
  });

  await step("everyone leaves", async () => {
    for (const person of [alice, bob, carol, dave]) {
      person.disconnect();
    }
  });
}
