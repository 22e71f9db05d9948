/**
 * Members for the tests of other programs: commands as lines of JSON on standard input, answers and events on standard output.
 *
 * A command is `{"id": 1, "who": "alice", "do": "send", "args": [7, "hello"]}`: a method of `Sotto` for the member whose name is given,
 * or one of `register`, `recover`, `open`. It is answered by `{"id": 1, "ok": …}` or `{"id": 1, "error": {kind, code, message}}`; what
 * a member is told is `{"who": "alice", "event": "messageNew", "payload": {…}}`.
 */

import { createInterface } from "node:readline";
import { decodeHex, encodeHex, Replay } from "../src/crypto/index.js";
import { type Account, MemoryStore, Sotto, SottoError, type Store } from "../src/index.js";
import { Ear } from "./sdk/people.js";

interface Command {
  readonly id: number;
  readonly who: string;
  readonly do: string;
  readonly args: readonly unknown[];
}

/** The methods of {@link Sotto} that answer plain data. */
const METHODS = [
  "ready",
  "dms",
  "dm",
  "messages",
  "message",
  "pinned",
  "latest",
  "scheduled",
  "send",
  "edit",
  "delete",
  "pin",
  "react",
  "unreact",
  "cancel",
  "typing",
  "createDm",
  "rename",
  "leave",
  "me",
  "setProfile",
  "storage",
  "person",
  "people",
  "friends",
  "friendRequests",
  "outgoingRequests",
  "blocked",
  "addFriend",
  "answerFriend",
  "unfriend",
  "block",
  "unblock",
  "safetyNumber",
  "groupCode",
  "trust",
  "verify",
  "joinCall",
  "leaveCall",
  "sendCallSignal",
  "iceServers",
  "close",
  "wipe",
] as const;

interface Member {
  readonly sotto: Sotto;
  readonly account: Account;
  readonly store: Store;
}

const members = new Map<string, Member>();

function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function enter(who: string, member: Member): void {
  members.set(who, member);
  new Ear(member.sotto, ({ event, payload }) => {
    say({ who, event, payload });
  });
}

async function run({ who, do: what, args }: Command): Promise<unknown> {
  const text = (at: number): string => {
    const value = args[at];
    if (typeof value !== "string") throw new Error(`argument ${String(at)} of ${what} is a text`);
    return value;
  };
  const store = new MemoryStore();
  switch (what) {
    case "register": {
      const { sotto, account, words } = await Sotto.register(text(0), who, { store });
      enter(who, { sotto, account, store });
      return words;
    }
    case "recover": {
      const { sotto, account } = await Sotto.recover(text(0), text(1), text(2), { store });
      enter(who, { sotto, account, store });
      return null;
    }
    case "open": {
      const before = memberOf(who);
      enter(who, { ...before, sotto: await Sotto.open(before.sotto.server, before.account, { store: before.store }) });
      return null;
    }
    // What lies in a member's store (hex), and what the replay memory of another SDK is when it was read here.
    case "kept":
      return encodeHex((await memberOf(who).store.read(text(0))) ?? new Uint8Array());
    case "replay": {
      const replay = Replay.fromBytes(decodeHex(text(0)));
      return replay === undefined ? null : encodeHex(replay.toBytes());
    }
    case "history":
      return collect(memberOf(who).sotto, args);
    default: {
      const method = METHODS.find((name) => name === what);
      if (method === undefined) throw new Error(`${what} is no command`);
      const { sotto } = memberOf(who);
      return (sotto[method] as (...args: readonly unknown[]) => Promise<unknown>).call(sotto, ...args);
    }
  }
}

async function collect(sotto: Sotto, args: readonly unknown[]): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const message of sotto.history(...(args as Parameters<Sotto["history"]>))) all.push(message);
  return all;
}

function memberOf(who: string): Member {
  const member = members.get(who);
  if (member === undefined) throw new Error(`there is no ${who}`);
  return member;
}

function told(error: unknown): unknown {
  if (error instanceof SottoError) return { kind: error.kind, code: error.code ?? null, message: error.message };
  return { kind: "bug", code: null, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

const running = new Set<Promise<void>>();
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as Command;
  const work = run(command).then(
    (ok) => {
      say({ id: command.id, ok: ok ?? null });
    },
    (error: unknown) => {
      say({ id: command.id, error: told(error) });
    },
  );
  running.add(work);
  void work.finally(() => running.delete(work));
}
// The other program is gone.
await Promise.all(running);
await Promise.all([...members.values()].map(({ sotto }) => sotto.close()));
