/** storage-merge: two devices' `own_storage` become one. Its cases belong to the SDKs, not to the cryptography. */

import { encodeHex } from "../../src/crypto/hex.js";
import { fromJson, toJson } from "../../src/vault/content.js";
import { type Json, parse, write } from "../../src/vault/json.js";
import { merge } from "../../src/vault/merge.js";

type Plain = Readonly<Record<string, unknown>>;

/** A plain value as the SDK reads it. */
const mapped = (value: unknown): Json => parse(JSON.stringify(value));

const hex32 = (byte: number): string => byte.toString(16).padStart(2, "0").repeat(32);

const spk = (createdAt: number, retiredAt?: number): Plain => ({
  created_at: createdAt,
  private: hex32(createdAt),
  ...(retiredAt === undefined ? {} : { retired_at: retiredAt }),
});

const dm = (group: number, ...epochs: number[]): Plain => ({
  group_id: hex32(group),
  epochs: epochs.map((e) => ({ e, secret: hex32(group + e), gi_hash: hex32(group + e) })),
});

const left = (at: number): Plain => ({ group_id: hex32(0x70), epochs: [], left_at: at });

const pending = (group: number): Plain => ({ pending: { [hex32(group)]: { secret: hex32(group), at: 1 } } });

const pin = (ik: number, spkCreatedAt: number, decidedAt: number, byUser: boolean): Plain => ({
  pins: { bob: { ik: hex32(ik), spk_created_at: spkCreatedAt, verified: byUser, decided_at: decidedAt, by_user: byUser } },
});

const dms = (id: number, value: Plain): Plain => ({ dms: { [id]: value } });

/** What each case is about, this device's content and the server's. `v` and empty members are added. */
const INPUTS: readonly (readonly [note: string, mine: Plain, theirs: Plain])[] = [
  ["nothing and nothing", {}, {}],
  ["prekeys of both, in the order of their making", { spks: [spk(3)] }, { spks: [spk(1, 2), spk(2)] }],
  ["a prekey that one device retired, and the earlier of two times", { spks: [spk(1, 9), spk(2, 5)] }, { spks: [spk(1), spk(2, 4)] }],
  ["DMs of both", dms(7, dm(0x70, 0)), dms(8, dm(0x80, 0))],
  ["epochs of both, in their order", dms(7, dm(0x70, 0, 2)), dms(7, dm(0x70, 0, 1))],
  ["a DM that this device left", dms(7, left(5)), dms(7, dm(0x70, 0))],
  ["a DM that another device left", dms(7, dm(0x70, 0)), dms(7, left(5))],
  ["a DM that both left: the earlier time", dms(7, left(5)), dms(7, left(6))],
  ["two groups for one DM: the server's", dms(7, dm(0x70, 0)), dms(7, dm(0x80, 0))],
  ["pending groups of both", pending(0x70), pending(0x80)],
  ["a group that is pending here and has its DM there", pending(0x70), dms(7, dm(0x70, 0))],
  ["a pin that only this device has", pin(1, 1, 5, false), { pins: {} }],
  ["a pin that only the server has", { pins: {} }, pin(1, 1, 5, false)],
  ["one key, seen twice: the first sight, the highest prekey time", pin(1, 9, 5, false), pin(1, 8, 6, false)],
  ["a decision beats first sight, however old", pin(1, 1, 1, true), pin(2, 1, 9, false)],
  ["the same the other way round", pin(2, 1, 9, false), pin(1, 1, 1, true)],
  ["the later of two decisions", pin(1, 1, 1, true), pin(2, 1, 9, true)],
  ["two first sights: the user must decide, the earlier stays until then", pin(1, 1, 5, false), pin(2, 1, 4, false)],
  [
    "what is not understood, at every depth; the server's where both have it",
    { theme: { dark: true, size: 2 }, dms: { 7: { group_id: hex32(0x70), epochs: [], muted: true } } },
    { theme: { size: 3 }, dms: { 7: { group_id: hex32(0x70), epochs: [], colour: "red" } } },
  ],
];

/** The merged content, and the names whose keys the user must decide. */
export function storageMerge(mine: Json, theirs: Json): Json {
  const { content, conflicts } = merge(fromJson(mine), fromJson(theirs));
  const told = conflicts.map(({ username, pinned, other }) => ({
    name_hex: encodeHex(new TextEncoder().encode(username)),
    pinned,
    other,
  }));
  return new Map<string, Json>([
    ["merged", toJson(content)],
    ["conflicts", mapped(told)],
  ]);
}

/** `storage-merge.json`, as the Rust SDK writes it. */
export function storageMergeFile(): string {
  const cases = INPUTS.map(([note, ...sides], at) => {
    const [mine, theirs] = sides.map((side) => mapped({ v: 1, spks: [], dms: {}, pins: {}, ...side })) as [Json, Json];
    const id = `storage-merge-${String(at + 1).padStart(3, "0")}`;
    const input = write(new Map([["mine", mine], ["theirs", theirs]]));
    const out = write(storageMerge(mine, theirs));
    return `  {"id":"${id}","op":"storage_merge","in":${input},"out":${out},"note":${JSON.stringify(note)}}`;
  });
  const head = '{"format":"sotto-vectors/1","suite":"storage-merge","spec":"C-503 C-505 C-506","runner":"sdk","cases":[';
  return `${head}\n${cases.join(",\n")}\n]}\n`;
}
