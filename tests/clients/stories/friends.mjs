// Friend requests, and who hears of a changed profile.

import assert from "node:assert/strict";

export default async function ({ alice, bob, carol }, step) {
  await step("a friend request is delivered, listed on both sides, and cannot be doubled", async () => {
    await alice.done("send_friend_request", { username: bob.username });
    assert.deepEqual(await bob.notice("friend_request_notification"), { username: alice.username });
    assert.deepEqual(await bob.ok("get_friend_requests", {}), [alice.username]);
    assert.deepEqual(await alice.ok("get_outgoing_requests", {}), [bob.username]);
    await alice.refused("request_exists", "send_friend_request", { username: bob.username });
    await bob.refused("request_exists", "send_friend_request", { username: alice.username });
    await alice.refused("cannot_friend", "send_friend_request", { username: alice.username });
    await carol.refused("no_request", "ack_friend_request", { username: alice.username, accept: true });
  });

  await step("accepting makes friends and tells the requester", async () => {
    await bob.done("ack_friend_request", { username: alice.username, accept: true });
    assert.deepEqual(await alice.notice("friend_request_accept_notification"), { username: bob.username, accept: true });
    assert.deepEqual(await alice.ok("get_friends", {}), [bob.username]);
    assert.deepEqual(await bob.ok("get_friends", {}), [alice.username]);
    assert.deepEqual(await bob.ok("get_friend_requests", {}), []);
    await alice.refused("already_friends", "send_friend_request", { username: bob.username });
  });

  await step("declining tells the requester and makes nobody friends", async () => {
    await carol.done("send_friend_request", { username: alice.username });
    assert.deepEqual(await alice.notice("friend_request_notification"), { username: carol.username });
    await alice.done("ack_friend_request", { username: carol.username, accept: false });
    assert.deepEqual(await carol.notice("friend_request_accept_notification"), { username: alice.username, accept: false });
    assert.deepEqual(await carol.ok("get_friends", {}), []);
  });

  await step("a friend hears of a changed profile", async () => {
    await bob.done("set_user", { biography: "The answer is always 42.", status: "at sea" });
    const heard = await alice.notice("profile_notification", (u) => u.username === bob.username && u.status === "at sea");
    assert.deepEqual(heard, await alice.ok("get_user", { username: bob.username }));
    assert.equal(heard.biography, "The answer is always 42.");
  });
}
