// What is only of the moment: typing, calls, presence, and what a returning device is told.

import assert from "node:assert/strict";
import { sealed } from "../keys.mjs";
import { Person } from "../person.mjs";

export default async function ({ alice, bob, carol, two, three, threeInvitation }, step) {
  await step("typing is told to the others", async () => {
    await alice.done("ping_typing", { id: three });
    for (const person of [bob, carol]) {
      assert.deepEqual(await person.notice("typing_notification"), { id: three, username: alice.username });
    }
  });

  await step("a call: join, see who is in it, leave", async () => {
    assert.deepEqual(await alice.ok("join_call", { id: three, uuid: "alice's phone" }), { [alice.username]: "alice's phone" });
    await toldOfCall([alice, bob, carol], "user_joined_call", alice, [alice], { uuid: "alice's phone" });
    const both = { [alice.username]: "alice's phone", [bob.username]: "bob's desk" };
    assert.deepEqual(await bob.ok("join_call", { id: three, uuid: "bob's desk" }), both);
    await toldOfCall([alice, bob, carol], "user_joined_call", bob, [alice, bob], { uuid: "bob's desk" });
    await alice.done("leave_call", { id: three });
    await toldOfCall([alice, bob, carol], "user_left_call", alice, [bob]);
    await alice.refused("not_in_call", "leave_call", { id: three });
    await bob.done("leave_call", { id: three });
    await toldOfCall([alice, bob, carol], "user_left_call", bob, []);
  });

  await step("a second device gets the same; its going ends its place in the call and leaves the user online", async () => {
    const second = new Person(alice.username, alice, alice.identity);
    await second.connect();
    await second.login();
    const message = sealed("to both devices");
    const mine = await alice.say(two, message);
    assert.deepEqual(await second.notice("message_notification", (m) => m.message === message), mine);
    await bob.notice("message_notification", (m) => m.message === message);
    // Its place in the call shows when the server has seen it go.
    await second.ok("join_call", { id: two, uuid: "alice's tablet" });
    assert.deepEqual(await bob.notice("user_joined_call"), { id: two, username: alice.username, uuid: "alice's tablet" });
    second.disconnect();
    assert.deepEqual(await bob.notice("user_left_call"), { id: two, username: alice.username });
    assert.equal((await bob.ok("get_user", { username: alice.username })).status, "online");
  });

  await step("going offline and coming back: presence, and the one invitation that was not acked", async () => {
    bob.disconnect();
    await alice.notice("profile_notification", (u) => u.username === bob.username && u.status === "offline");
    assert.equal((await alice.ok("get_user", { username: bob.username })).status, "offline");
    await bob.connect();
    await bob.refused("not_logged_in", "get_dms", {});
    const before = bob.log.length;
    bob.acksInvitations = true;
    await bob.login();
    // Invitations come by DM id: had the acked one of the DM of two been sent again, it would have come before this one.
    assert.deepEqual(await bob.notice("x3dh_notification"), threeInvitation);
    const again = bob.log.slice(before).filter(([name]) => name === "x3dh_notification").map(([, notice]) => notice.id);
    assert.deepEqual(again, [three]);
    await alice.notice("profile_notification", (u) => u.username === bob.username && u.status === "at sea");
    assert.equal((await alice.ok("get_user", { username: bob.username })).status, "at sea", "the stored status is back");
  });

  await step("get_ice_servers answers a list", async () => {
    assert.ok(Array.isArray(await alice.ok("get_ice_servers", {})));
  });

  /** Each is told of the member, then of the DM with those who are in the call. */
  async function toldOfCall(people, name, who, inCall, more = {}) {
    for (const person of people) {
      const aboutWho = await person.notice(name, (n) => n.username === who.username);
      assert.deepEqual(aboutWho, { id: three, username: who.username, ...more });
      const dm = await person.notice("dm_notification", (d) => d.id === three);
      assert.deepEqual(dm.users_in_call, inCall.map((p) => p.username));
    }
  }
}
