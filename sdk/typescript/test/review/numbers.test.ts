/** Times and numbers that no honest server or member would send: nothing throws, nothing runs in circles, nothing lives for ever. */

import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { misfit } from "../../src/check.js";
import { SottoError } from "../../src/index.js";
import { Backoff } from "../../src/link.js";
import { NOTICES, TYPES } from "../../src/shapes.js";
import { micros, timestamp } from "../../src/time.js";
import { Alarm } from "../../src/turns.js";
import { readReply } from "../../src/call.js";
import { TestServer } from "../server.js";
import { befriend, closeAll, device, member, type Member, textOf } from "../sdk/people.js";
import { Liar } from "./liar.js";

let server: TestServer;
let liar: Liar | undefined;
beforeAll(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await closeAll();
  await liar?.stop();
  liar = undefined;
});
afterAll(() => server.stop());

let n = 0;

async function two(): Promise<[Member, Member, number]> {
  n += 1;
  const [alice, bob] = [await member(server.url, `alma${String(n)}`), await member(server.url, `boris${String(n)}`)];
  await befriend(alice, bob);
  return [alice, bob, (await alice.sotto.createDm([bob.sotto.username])).id];
}

const wire = (time: unknown): unknown => ({
  ...{ id: 1, dm_id: 1, sender: "a", message: "", signature: "", pinned: false, reactions: [], delete_timestamp: null },
  timestamp: time,
});

test("R-114: what is written like a time and is none does not fit", () => {
  const bad = ["2026-13-01T00:00:00.000000", "2026-01-32T00:00:00.000000", "9999-99-99T99:99:99.999999", "2026-01-01T24:00:01.000000"];
  for (const time of bad) expect(misfit(wire(time), NOTICES.message_notification), time).toBe("result.timestamp");
  for (const time of ["2026-01-31T23:59:59.999999", "0000-01-01T00:00:00.000000", "9999-12-31T23:59:59.999999"]) {
    expect(misfit(wire(time), NOTICES.message_notification), time).toBeUndefined();
  }
  expect(misfit({ ...(wire("2026-01-01T00:00:00.000000") as object), delete_timestamp: bad[0] }, "Message")).toBe("result.delete_timestamp");
  expect(Object.keys(TYPES)).toContain("Message");
});

test("times beyond all calendars stay times", () => {
  for (const at of [micros("9999-12-31T23:59:59.999999") + 4_294_967_295_000_000, micros("9999-12-31T23:59:59.999999"), 9e18]) {
    expect(timestamp(at)).toMatch(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}$/);
    expect(Number.isNaN(micros(timestamp(at)))).toBe(false);
  }
});

test("an alarm at no moment at all does not run in circles", () => {
  vi.useFakeTimers();
  let rings = 0;
  let looks = 0;
  const alarm = new Alarm(
    () => { looks += 1; return 0; },
    () => { rings += 1; },
  );
  alarm.set(Number.NaN);
  vi.advanceTimersByTime(10_000);
  expect([rings, looks < 5]).toEqual([0, true]);
  alarm.set(undefined);
});

test("whatever time a server asks to wait, attempts stay apart, and within bounds", () => {
  for (const retry_after of [-1, -1e300, 1e300, Number.MAX_VALUE]) {
    let refused: unknown;
    try {
      readReply("login", { success: false, result: "no", code: "rate_limited", retry_after });
    } catch (error) {
      refused = error;
    }
    const wait = new Backoff().wait(refused);
    expect(wait, String(retry_after)).toBeGreaterThanOrEqual(250);
    expect(wait).toBeLessThanOrEqual(3_601_000);
  }
  expect(new Backoff().wait(new SottoError("refused", "x", { retryAfter: Number.NaN }))).toBeGreaterThanOrEqual(250);
});

test("C-313: an edit of a message that destroys itself keeps the sender's limit", async () => {
  const [alice, bob, dm] = await two();
  await alice.sotto.send(dm, "brief", { deleteAfter: 3_600 });
  const { message } = await bob.ear.next("messageNew");
  await alice.sotto.edit(message.id, "brief!");
  const { message: edited } = await bob.ear.next("messageChanged", (told) => textOf(told.message) === "brief!");
  expect(edited.expires).toBe(message.expires);
  // The server's own limit is taken away: the sender's holds all the same.
  liar = await Liar.start(server);
  liar.answer = (event, _params, answer) =>
    event === "get_message" ? { ...answer, result: { ...(answer.result as object), delete_timestamp: null } } : answer;
  const { sotto } = await device(liar.url, bob.account);
  await sotto.ready();
  expect(await sotto.message(message.id)).toMatchObject({ expires: message.expires, content: { ok: true } });
});

test("a member's clock may say anything: a Date still holds it", async () => {
  const [alice, bob, dm] = await two();
  const { account, store } = alice;
  await alice.sotto.close();
  let far = Date.now();
  const { webPlatform } = await import("../../src/platform/web.js");
  const { sotto } = await device(server.url, account, store, { platform: { ...webPlatform(), now: () => far } });
  await sotto.ready();
  far = 18_446_744_073_709_549_568;
  await sotto.send(dm, "from the future");
  const { message } = await bob.ear.next("messageNew");
  if (!message.content.ok) throw new Error(message.content.why.code);
  expect(Number.isNaN(new Date(message.content.value.writtenMs).getTime())).toBe(false);
  far = Date.now();
});

test("ids of scheduled messages are numbers, whatever a server names them", async () => {
  const [alice, bob, dm] = await two();
  await alice.sotto.send(dm, "later", { inSeconds: 3_600 });
  liar = await Liar.start(server);
  liar.answer = (event, _params, answer) => {
    if (event !== "get_dm") return answer;
    const details = answer.result as { scheduled_messages: Record<string, unknown> };
    const [first] = Object.values(details.scheduled_messages);
    const named = JSON.parse(`{"__proto__":${JSON.stringify(first)}}`) as unknown;
    return { ...answer, result: { ...details, scheduled_messages: named } };
  };
  const { sotto } = await device(liar.url, alice.account);
  await sotto.ready();
  await expect(sotto.scheduled(dm)).rejects.toMatchObject({ kind: "protocol" });
  expect(bob.sotto.state).toBe("online");
});
