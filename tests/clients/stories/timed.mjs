// What happens at its hour: scheduled messages and messages that destroy themselves. Every wait is for a notice.

import assert from "node:assert/strict";
import { sealed } from "../keys.mjs";

export default async function ({ alice, bob, two }, step) {
  await step("a message scheduled 2 s ahead is its sender's secret until it is due", async () => {
    const message = sealed("in two seconds");
    const before = Date.now();
    await alice.done("send_message", { id: two, message, signature: alice.identity.sign(message), schedule: 2 });
    const waiting = Object.entries((await alice.ok("get_dm", { id: two })).scheduled_messages);
    assert.equal(waiting.length, 1);
    const [key, scheduled] = waiting[0];
    assert.deepEqual([scheduled.message, scheduled.signature], [message, alice.identity.sign(message)]);
    assert.deepEqual((await bob.ok("get_dm", { id: two })).scheduled_messages, {}, "only the sender sees it");
    assert.deepEqual(await alice.notice("scheduled_message_sent_notification"), { dm_id: two, schedule_id: Number(key) });
    for (const person of [alice, bob]) {
      const sent = await person.notice("message_notification", (m) => m.message === message);
      assert.ok(sent.timestamp >= scheduled.timestamp, `${sent.timestamp} is not before ${scheduled.timestamp}`);
    }
    assert.ok(Date.now() - before >= 1_990, "not before its time on this clock either");
    assert.deepEqual((await alice.ok("get_dm", { id: two })).scheduled_messages, {});
  });

  await step("a cancelled message is its sender's to cancel, once", async () => {
    const message = sealed("never sent");
    await alice.done("send_message", { id: two, message, signature: alice.identity.sign(message), schedule: 3600 });
    const [key] = Object.keys((await alice.ok("get_dm", { id: two })).scheduled_messages);
    const which = { dm_id: two, schedule_id: Number(key) };
    await bob.refused("no_access", "cancel_scheduled_message", which);
    await alice.done("cancel_scheduled_message", which);
    await alice.refused("no_access", "cancel_scheduled_message", which);
    assert.deepEqual((await alice.ok("get_dm", { id: two })).scheduled_messages, {});
  });

  await step("a message that destroys itself after 2 s is gone for both, and not early", async () => {
    const message = sealed("read me quickly");
    const sent = await alice.say(two, message, { delete: 2 });
    assert.equal(microseconds(sent.delete_timestamp) - microseconds(sent.timestamp), 2_000_000n, "delete counts from the send");
    assert.deepEqual(await bob.ok("get_message", { id: sent.id }), sent);
    for (const person of [alice, bob]) {
      assert.equal(await person.notice("message_delete_notification"), sent.id);
    }
    await bob.refused("no_access", "get_message", { id: sent.id });
    const history = await bob.ok("get_message_history", { id: two });
    assert.ok(history.every((m) => m.id !== sent.id));
  });

  await step("scheduled and self-destructing: deletion counts from the send", async () => {
    const message = sealed("late and brief");
    await bob.done("send_message", { id: two, message, signature: bob.identity.sign(message), schedule: 1, delete: 1 });
    const sent = await alice.notice("message_notification", (m) => m.message === message);
    assert.equal(microseconds(sent.delete_timestamp) - microseconds(sent.timestamp), 1_000_000n);
    for (const person of [alice, bob]) {
      assert.equal(await person.notice("message_delete_notification"), sent.id);
    }
    await bob.notice("scheduled_message_sent_notification");
  });
}

/** A wire timestamp as microseconds. */
function microseconds(text) {
  const [seconds, fraction] = text.split(".");
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(fraction);
}
