/** replay: scripts of events, each with the list of verdicts. */

import { context, draft, nameOf } from "./people.js";
import { type JsonObject, Suite, get, rep, same, text } from "./suite.js";

export async function all(): Promise<Suite[]> {
  return [await replay()];
}

interface Sent extends JsonObject {
  readonly envelope: string;
  readonly signature: string;
  readonly sender_hex: string;
  readonly ref: string;
}

/** Seals as member `position`, with changes to the draft. */
async function sealed(position: number, sid: number, seq: number, changes: JsonObject = {}): Promise<Sent> {
  const out = await get("seal", { ...(await draft(position, sid, seq, "text")), ...changes });
  const sender_hex = text(nameOf(position));
  return { envelope: out.text("envelope"), signature: out.text("signature"), sender_hex, ref: out.text("msg_ref") };
}

function edit(position: number, sid: number, seq: number, target: string, rev: number): Promise<Sent> {
  return sealed(position, sid, seq, { kind: 4, target, rev });
}

type Event = readonly [event: JsonObject, verdict: string];

function event({ envelope, signature, sender_hex }: Sent, place: JsonObject): JsonObject {
  return { envelope, signature, sender_hex, ...place };
}

const message = (sent: Sent, id: number): JsonObject => event(sent, { place: "message", id });
const reaction = (sent: Sent, id: number, root: string): JsonObject => event(sent, { place: "reaction", id, root });
const name = (sent: Sent): JsonObject => event(sent, { place: "name", sender_hex: null });

async function replay(): Promise<Suite> {
  const s = new Suite("replay", "C-311 C-312 C-316 C-926");
  const script = async (note: string, events: readonly Event[]): Promise<void> => {
    const out = await s.ok("replay", { ...(await context()), events: events.map(([one]) => one) }, note);
    same(out.value["verdicts"], events.map(([, verdict]) => verdict), note);
  };
  const [a, b] = [await sealed(0, 1, 0), await sealed(0, 1, 1)];
  await script("a message once, again, moved", [
    [message(a, 1), "fresh gap 0"],
    [message(a, 1), "known"],
    [message(a, 2), "E_REPLAY_MSG"],
    [message(b, 2), "fresh gap 0"],
    [message(b, 1), "E_REPLAY_MSG"],
    [message(a, 1), "known"],
  ]);
  const react = await sealed(1, 2, 0, { kind: 2, target: a.ref });
  await script("a reaction once, again, moved, transplanted", [
    [message(a, 1), "fresh gap 0"],
    [message(b, 2), "fresh gap 0"],
    [reaction(react, 10, a.ref), "fresh gap 0"],
    [reaction(react, 10, a.ref), "known"],
    [reaction(react, 11, a.ref), "E_REPLAY_MSG"],
    [reaction(react, 11, b.ref), "E_REPLAY_MSG"],
    [reaction(react, 10, b.ref), "E_INNER"],
    [message(react, 3), "E_KIND"],
  ]);
  await script("a reaction transplanted before it was seen at home", [
    [reaction(react, 10, b.ref), "E_INNER"],
    [reaction(react, 10, a.ref), "fresh gap 0"],
  ]);
  await edits(script, a, b);
  await names(script);
  await script("gaps are shown and may close", [
    [message(a, 1), "fresh gap 0"],
    [message(await sealed(0, 1, 5), 6), "fresh gap 4"],
    [message(b, 2), "fresh gap 0"],
  ]);
  const reused = await sealed(0, 1, 0, { salt: rep(32, 0xee) });
  await script("a number used twice", [
    [message(a, 1), "fresh gap 0"],
    [message(reused, 2), "E_REPLAY_MSG"],
    [message(reused, 1), "E_REPLAY_MSG"],
    [message(await edit(0, 1, 0, a.ref, 1), 1), "E_REPLAY_MSG"],
    [reaction(await sealed(0, 1, 0, { kind: 2, target: b.ref }), 10, b.ref), "E_REPLAY_MSG"],
  ]);
  const first = await edit(0, 1, 2, a.ref, 1);
  await script("a deleted message does not come back elsewhere", [
    [message(a, 1), "fresh gap 0"],
    [message(first, 1), "fresh gap 1"],
    [{ place: "forget", id: 1 }, "forgotten"],
    [message(a, 2), "E_REPLAY_MSG"],
    [message(first, 2), "E_REPLAY_MSG"],
    [message(b, 2), "fresh gap 0"],
  ]);
  const target = (await get("call_target", { caller_hex: text("c-1"), callee_hex: text("c-2") })).text("target");
  const back = (await get("call_target", { caller_hex: text("c-2"), callee_hex: text("c-1") })).text("target");
  const signal = await sealed(0, 6, 0, { kind: 5, target });
  await script("call signals", [
    [event(signal, { place: "call", target: back }), "E_INNER"],
    [event(signal, { place: "call", target }), "fresh gap 0"],
    [event(signal, { place: "call", target }), "known"],
    [message(signal, 1), "E_KIND"],
  ]);
  await script("what was refused leaves no trace", [
    [{ ...message(b, 2), sender_hex: text("bob") }, "E_SENDER"],
    [{ ...message(b, 2), signature: a.signature }, "E_SIG"],
    [message(b, 2), "fresh gap 1"],
  ]);
  return s;
}

type Script = (note: string, events: readonly Event[]) => Promise<void>;

async function edits(script: Script, a: Sent, b: Sent): Promise<void> {
  const [first, second] = [await edit(0, 1, 2, a.ref, 1), await edit(0, 1, 3, a.ref, 2)];
  await script("edits in order, then rolled back", [
    [message(a, 1), "fresh gap 0"],
    [message(first, 1), "fresh gap 1"],
    [message(second, 1), "fresh gap 0"],
    [message(second, 1), "known"],
    [message(first, 1), "E_REPLAY_MSG"],
    [message(a, 1), "E_REPLAY_MSG"],
    [message(second, 1), "known"],
  ]);
  await script("a device that sees only the edit, then the original", [
    [message(second, 1), "fresh gap 3"],
    [message(a, 1), "E_REPLAY_MSG"],
    [message(first, 1), "E_REPLAY_MSG"],
    [message(second, 1), "known"],
  ]);
  await script("two devices edit at once: the server's order holds", [
    [message(a, 1), "fresh gap 0"],
    [message(second, 1), "fresh gap 2"],
    [message(await edit(0, 9, 0, a.ref, 2), 1), "fresh gap 0"],
    [message(second, 1), "fresh gap 0"],
    [message(first, 1), "E_REPLAY_MSG"],
  ]);
  await script("a revision may rise by 65,536", [
    [message(a, 1), "fresh gap 0"],
    [message(second, 1), "fresh gap 2"],
    [message(await edit(0, 1, 4, a.ref, 65_538), 1), "fresh gap 0"],
    [message(await edit(0, 1, 5, a.ref, 131_075), 1), "E_INNER"],
  ]);
  await script("a first revision may be 65,536", [
    [message(await edit(0, 1, 4, a.ref, 65_537), 1), "E_INNER"],
    [message(await edit(0, 1, 4, a.ref, 65_536), 1), "fresh gap 4"],
  ]);
  const ofB = await edit(0, 1, 6, b.ref, 1);
  await script("an edit put in another message's place", [
    [message(a, 1), "fresh gap 0"],
    [message(b, 2), "fresh gap 0"],
    [message(ofB, 1), "E_INNER"],
    [message(ofB, 3), "E_INNER"],
    [message(ofB, 2), "fresh gap 4"],
  ]);
  await script("another message put in a known one's place", [
    [message(a, 1), "fresh gap 0"],
    [message(b, 1), "E_INNER"],
  ]);
  await script("an edit by another member", [
    [message(a, 1), "fresh gap 0"],
    [message(await edit(1, 2, 1, a.ref, 1), 1), "E_SENDER"],
    [message(a, 1), "known"],
  ]);
}

async function names(script: Script): Promise<void> {
  const named = (position: number, sid: number, seq: number, rev: number): Promise<Sent> => sealed(position, sid, seq, { kind: 3, rev });
  const [one, two, alsoTwo] = [await named(0, 3, 0, 1), await named(1, 4, 0, 2), await named(2, 5, 0, 2)];
  await script("names rise, are replaced, not rolled back", [
    [name(one), "fresh gap 0"],
    [name(one), "known"],
    [name(two), "fresh gap 0"],
    [name(alsoTwo), "fresh gap 0"],
    [name(one), "E_REPLAY_MSG"],
    [name(await named(0, 3, 1, 3)), "fresh gap 0"],
    [name(two), "E_REPLAY_MSG"],
    [name(await named(2, 5, 1, 70_000)), "E_INNER"],
    [message(one, 1), "E_KIND"],
  ]);
}
