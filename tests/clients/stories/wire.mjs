// Bad input from someone who is logged in: each is acked once, with its code, and the connection lives on.

import assert from "node:assert/strict";
import { random } from "../keys.mjs";

export default async function ({ alice, two }, step) {
  const message = random(20);
  const good = { id: two, message, signature: alice.identity.sign(message) };

  await step("unknown events are acked", async () => {
    await alice.refused("unknown_event", "make_tea", {});
    await alice.refused("unknown_event", "make_tea");
    await alice.refused("unknown_event", "SEND_MESSAGE", good);
    await alice.refused("unknown_event", "message_notification", {});
  });

  await step("malformed arguments are acked, and the sentence names the key", async () => {
    const named = async (key, event, ...args) => {
      const sentence = await alice.refused("invalid_request", event, ...args);
      assert.match(sentence, new RegExp(`\\b${key}\\b`), `${event}: the sentence names ${key}`);
    };
    const { id: _id, ...withoutId } = good;
    const { message: _message, ...withoutMessage } = good;
    await named("id", "send_message", withoutId);
    await named("id", "send_message", { ...good, id: String(two) });
    await named("id", "send_message", { ...good, id: two + 0.5 });
    await named("id", "send_message", { ...good, id: -1 });
    await named("id", "get_dm", { id: null });
    await named("message", "send_message", withoutMessage);
    await named("message", "send_message", { ...good, message: "" });
    await named("message", "send_message", { ...good, message: "abc" });
    await named("message", "send_message", { ...good, message: "zz" });
    await named("message", "send_message", { ...good, message: ["00"] });
    await named("signature", "send_message", { ...good, signature: "00" });
    await named("schedule", "send_message", { ...good, schedule: -1 });
    await named("schedule", "send_message", { ...good, schedule: 1.5 });
    await named("delete", "send_message", { ...good, delete: "2" });
    await alice.refused("invalid_request", "send_message", { ...good, schedule: 1, schedule_at: "2030-01-01T00:00:00" });
    await named("cursor", "get_message_history", { id: two, cursor: "yesterday" });
    await named("count", "get_message_history", { id: two, count: 0 });
    await named("username", "get_user", {});
    await named("username", "get_user", { username: 7 });
    await named("accept", "ack_friend_request", { username: "x", accept: "yes" });
    for (const argument of ["text", 7, true, [], [good]]) {
      await alice.refused("invalid_request", "send_message", argument);
    }
    await alice.refused("invalid_request", "send_message");
  });

  await step("sizes: 64 KiB pass, a byte more is too large", async () => {
    const most = random(64 * 1024);
    await alice.say(two, most);
    const more = random(64 * 1024 + 1);
    await alice.refused("too_large", "send_message", { ...good, message: more, signature: alice.identity.sign(more) });
    await alice.refused("too_large", "send_message", { ...good, schedule: 31_536_001 });
  });

  await step("null for an optional key is as good as none, and keys that are not known are ignored", async () => {
    const fine = random(20);
    await alice.say(two, fine, { schedule: null, delete: null, schedule_at: null, mood: "sunny" });
  });

  await step("the connection has survived it all", async () => {
    assert.equal((await alice.ok("get_full_user")).username, alice.username);
  });
}
