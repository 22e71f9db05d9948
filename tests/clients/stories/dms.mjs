// DMs of two and of three, and the invitations to them. Their keys are bytes that the server cannot and need not understand.

import assert from "node:assert/strict";
import { keyTree, random } from "../keys.mjs";

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/;

/** The parameters of `create_dm` for these others, with fresh keys. */
export function invitation(...others) {
  return {
    usernames: others.map((person) => person.username),
    messages: others.map((person) => ({ ek: random(32), spk: person.spk })),
    key_tree: keyTree(others.length + 1),
  };
}

export default async function (world, step) {
  const { alice, bob, carol, dave } = world;

  await step("create_dm is refused: not friends, no prekey, a stale one, a tree of the wrong size", async () => {
    await alice.refused("no_such_user", "create_dm", { ...invitation(bob), usernames: [`nobody-${random(4)}`] });
    await alice.refused("not_friends", "create_dm", invitation(carol));
    await alice.refused("stale_prekey", "create_dm", { ...invitation(bob), messages: [{ ek: random(32), spk: carol.spk }] });
    await alice.refused("no_prekey", "create_dm", { ...invitation(bob, dave), messages: [{ ek: random(32), spk: bob.spk }, { ek: random(32), spk: bob.spk }] });
    await alice.refused("invalid_request", "create_dm", { ...invitation(bob), key_tree: keyTree(3) });
    await alice.refused("invalid_request", "create_dm", { ...invitation(bob), messages: [] });
    await alice.refused("invalid_request", "create_dm", { usernames: [], messages: [], key_tree: keyTree(2) });
    assert.deepEqual(await alice.ok("get_dms", {}), []);
  });

  await step("a DM of two: the invitation comes whole, then dm_notification to both", async () => {
    const asked = invitation(bob);
    const id = await alice.ok("create_dm", asked);
    assert.ok(Number.isSafeInteger(id) && id > 0, `id ${id}`);
    assert.deepEqual(await bob.notice("x3dh_notification"), invited(alice, bob, asked, 1, id));
    const dm = await alice.notice("dm_notification", (d) => d.id === id);
    assert.match(dm.created_at, TIMESTAMP);
    assert.deepEqual(dm, { id, users: [alice.username, bob.username], name: null, created_at: dm.created_at, users_in_call: [] });
    assert.deepEqual(await bob.notice("dm_notification", (d) => d.id === id), dm);
    assert.ok(bob.position("x3dh_notification", (n) => n.id === id) < bob.position("dm_notification", (d) => d.id === id), "invitation first");
    await bob.refused("dm_exists", "create_dm", invitation(alice));
    world.two = id;
    world.twoInvitation = invited(alice, bob, asked, 1, id);
  });

  await step("a DM of three: each invitee gets their own position; one leaves the invitation unacked", async () => {
    bob.acksInvitations = false;
    const asked = invitation(bob, carol);
    const id = await alice.ok("create_dm", asked);
    assert.deepEqual(await bob.notice("x3dh_notification"), invited(alice, bob, asked, 1, id));
    assert.deepEqual(await carol.notice("x3dh_notification"), invited(alice, carol, asked, 2, id));
    for (const person of [alice, bob, carol]) {
      const dm = await person.notice("dm_notification", (d) => d.id === id);
      assert.deepEqual(dm.users, [alice, bob, carol].map((p) => p.username), "key-tree order");
    }
    world.three = id;
    world.threeInvitation = invited(alice, bob, asked, 1, id);
  });

  await step("get_dms and get_dm", async () => {
    assert.deepEqual(await alice.ok("get_dms", {}), [world.two, world.three]);
    assert.deepEqual(await carol.ok("get_dms"), [world.three]);
    const dm = await bob.ok("get_dm", { id: world.two });
    assert.deepEqual([dm.latest_message, dm.scheduled_messages, dm.info ?? null], [null, {}, null]);
    assert.deepEqual(dm.x3dh, world.twoInvitation, "one's own invitation stays readable");
    assert.equal((await alice.ok("get_dm", { id: world.two })).x3dh, null, "the creator has none");
  });

  await step("set_dm: any member names it, all are told", async () => {
    await bob.done("set_dm", { id: world.two, name: "Simulacra and Simulation" });
    for (const person of [alice, bob]) {
      await person.notice("dm_notification", (d) => d.id === world.two && d.name === "Simulacra and Simulation");
    }
    await bob.refused("invalid_request", "set_dm", { id: world.two });
    await alice.done("set_dm", { id: world.two, name: null });
    await bob.notice("dm_notification", (d) => d.id === world.two && d.name === null);
  });

  await step("who is no member cannot tell a DM from none", async () => {
    const foreign = await dave.ask("get_dm", { id: world.two });
    assert.deepEqual(foreign, await dave.ask("get_dm", { id: 2 ** 53 - 1 }));
    assert.equal(foreign.code, "no_access");
    const message = random(40);
    await dave.refused("no_access", "send_message", { id: world.two, message, signature: dave.identity.sign(message) });
    await dave.refused("no_access", "get_message_history", { id: world.two });
    await dave.refused("no_access", "set_dm", { id: world.two, name: "mine" });
    await dave.refused("no_access", "join_call", { id: world.two, uuid: "x" });
    await dave.refused("no_access", "leave_dm", { id: world.two });
  });
}

/** The x3dh_notification that `asked` of `create_dm` must become. */
function invited(creator, invitee, asked, position, id) {
  const { ek, spk } = asked.messages[position - 1];
  return { sender: creator.username, ik: creator.identity.publicHex, spk, ek, key_tree: asked.key_tree, position, id };
}
