/** Ops of envelopes, replay scripts and abuse reports. */

import { equal, utf8 } from "../../../src/crypto/bytes.js";
import {
  type Opened,
  type Sealed,
  type Stamp,
  callTarget,
  kindByte,
  kindOf,
  msgRef,
  sealEnvelope,
  sealInner,
  splitName,
} from "../../../src/crypto/envelope.js";
import { GroupContext, senderKey } from "../../../src/crypto/group-context.js";
import { hash } from "../../../src/crypto/kdf.js";
import { signRaw } from "../../../src/crypto/keys.js";
import { type Slot, openEnvelope } from "../../../src/crypto/open.js";
import { refuse } from "../../../src/crypto/refusal.js";
import { type Place, Replay } from "../../../src/crypto/replay.js";
import { makeReport, openReport } from "../../../src/crypto/report.js";
import { codeOf } from "./code.js";
import { type Input, type Json, type Ops, fail, hex, integer, runs } from "./input.js";
import { platform } from "./platform.js";

function context(input: Input): Promise<GroupContext> {
  return GroupContext.restore(input.bytes("info"), input.bytes("gi_hash", 32), input.groupSecret("group_secret"));
}

function stamp(input: Input): Stamp {
  return { sid: input.bytes("sid", 8), seq: input.number("seq"), salt: input.bytes("salt", 32) };
}

async function sealed(input: Input, body: string): Promise<Sealed> {
  const draft = {
    kind: kindOf(input.number("kind")),
    target: input.bytes("target", 32),
    rev: input.number("rev"),
    sentAtMs: input.u64("sent_at_ms"),
    expireS: input.number("expire_s"),
    body,
  };
  return sealEnvelope(platform, await context(input), input.identity("ik_seed"), input.number("position"), stamp(input), draft);
}

async function seal(input: Input): Promise<Json> {
  const { envelope, msgRef: ref, signature } = await sealed(input, input.text("body_hex"));
  return { envelope: hex(envelope), len: envelope.length, msg_ref: hex(ref), signature: hex(signature) };
}

/** Seals `body_hex` repeated `times`, and gives the envelope's hash only. */
async function sealRepeat(input: Input): Promise<Json> {
  const { envelope, msgRef: ref } = await sealed(input, input.text("body_hex").repeat(input.number("times")));
  return { envelope_sha256: hex(hash(envelope)), len: envelope.length, msg_ref: hex(ref) };
}

/** Seals any inner bytes under any kind: what a faulty or hostile member can make. */
async function sealAnyInner(input: Input): Promise<Json> {
  const [me, position, kind] = [input.identity("ik_seed"), input.number("position"), input.number("kind")];
  const out = await sealInner(platform, await context(input), me, position, stamp(input), kind, input.bytes("inner"));
  return { envelope: hex(out.envelope), signature: hex(out.signature) };
}

function slot(input: Input): Slot {
  const kind = input.string("slot");
  switch (kind) {
    case "message":
      return { slot: "message", root: input.opt("root")?.asBytes(32) };
    case "reaction":
      return { slot: "reaction", root: input.bytes("root", 32) };
    case "name":
      return { slot: "name" };
    case "call":
      return { slot: "call", target: input.bytes("target", 32) };
    default:
      return fail(`no slot ${kind}`);
  }
}

function shown(o: Opened): Json {
  return {
    body_hex: hex(utf8(o.body)),
    expire_s: o.expireS,
    kind: kindByte(o.kind),
    msg_ref: hex(o.msgRef),
    position: o.position,
    rev: o.rev,
    root: hex(o.root),
    sender_hex: hex(utf8(o.sender)),
    sent_at_ms: integer(o.sentAtMs),
    seq: o.seq,
    sid: hex(o.sid),
    target: hex(o.target),
  };
}

async function open(input: Input): Promise<Json> {
  const [envelope, signature] = [input.bytes("envelope"), input.bytes("signature")];
  const incoming = { slot: slot(input), sender: input.optText("sender_hex"), envelope, signature };
  return shown(await openEnvelope(platform, await context(input), incoming));
}

/**
 * Opens every proper prefix of the envelope, signed anew with `ik_seed` (if given) or with the whole one's signature. The answer is
 * run-length coded: `[first length, last length, code]`.
 */
async function openTruncated(input: Input): Promise<Json> {
  const [whole, given] = [input.bytes("envelope"), input.bytes("signature")];
  const signer = input.opt("ik_seed") && input.identity("ik_seed");
  const group = await context(input);
  const codes: string[] = [];
  for (const length of whole.keys()) {
    const envelope = whole.slice(0, length);
    const signature = signer === undefined ? given : signRaw(signer, envelope);
    const incoming = { slot: slot(input), sender: input.optText("sender_hex"), envelope, signature };
    codes.push(await codeOf(openEnvelope(platform, group, incoming)));
  }
  return { runs: runs(codes) };
}

function place(event: Input): Place {
  const kind = event.string("place");
  switch (kind) {
    case "message":
      return { place: "message", id: event.number("id") };
    case "reaction":
      return { place: "reaction", id: event.number("id"), root: event.bytes("root", 32) };
    case "name":
      return { place: "name" };
    case "call":
      return { place: "call", target: event.bytes("target", 32) };
    default:
      return fail(`no place ${kind}`);
  }
}

/** Plays a script of events against one fresh memory; a verdict per event. The memory is stored and read back at each. */
async function replay(input: Input): Promise<Json> {
  const group = await context(input);
  let memory = new Replay();
  const verdicts: string[] = [];
  for (const event of input.list("events")) {
    if (event.string("place") === "forget") {
      memory.forget(event.number("id"));
      verdicts.push("forgotten");
      continue;
    }
    const before = memory.toBytes();
    const [envelope, signature] = [event.bytes("envelope"), event.bytes("signature")];
    const receiving = memory.receive(platform, group, place(event), event.optText("sender_hex"), envelope, signature);
    const code = await codeOf(receiving);
    if (code === "ok") {
      const { fresh, gap } = await receiving;
      verdicts.push(fresh ? `fresh gap ${gap}` : "known");
    } else {
      verdicts.push(code);
      if (!equal(memory.toBytes(), before)) {
        fail("what was refused left a trace");
      }
    }
    memory = Replay.fromBytes(memory.toBytes()) ?? fail("the memory does not read back");
  }
  return { verdicts };
}

async function reportMake(input: Input): Promise<Json> {
  const made = makeReport(await context(input), input.bytes("envelope"), input.bytes("signature"));
  return { gi: hex(made.groupInfo), prk: hex(made.prk) };
}

async function reportOpen(input: Input): Promise<Json> {
  const { opened, ik } = await openReport(platform, {
    envelope: input.bytes("envelope"),
    signature: input.bytes("signature"),
    prk: input.bytes("prk", 32),
    groupInfo: input.bytes("gi"),
  });
  return { body_hex: hex(utf8(opened.body)), ik: ik.hex, sender_hex: hex(utf8(opened.sender)) };
}

export const envelopes: Ops = {
  restore: async (input) => ({ members: (await context(input)).roster.length }),
  sender_key: async (input) => ({
    sender_key: hex(senderKey(await context(input), input.number("position")) ?? refuse("E_SENDER")),
  }),
  seal,
  seal_repeat: sealRepeat,
  seal_inner: sealAnyInner,
  open,
  open_truncated: openTruncated,
  msg_ref: (input) => ({ msg_ref: hex(msgRef(input.bytes("envelope"))) }),
  call_target: (input) => ({ target: hex(callTarget(input.text("caller_hex"), input.text("callee_hex"))) }),
  split_name: (input) => {
    const { envelope, signature } = splitName(input.bytes("name"));
    return { envelope: hex(envelope), signature: hex(signature) };
  },
  replay,
  report_make: reportMake,
  report_open: reportOpen,
};
