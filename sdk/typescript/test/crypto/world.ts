/** People and a group that the tests share; every secret is a byte repeated, so that a run is like any other. */

import { expect } from "vitest";
import { type Bundle, NO_PINS } from "../../src/crypto/bundle.js";
import { type Draft, type Sealed, sealEnvelope } from "../../src/crypto/envelope.js";
import { type Created, GroupRandom, type Invitation, type KnownGroups, type Me, createGroup } from "../../src/crypto/group.js";
import { Identity, Prekey } from "../../src/crypto/keys.js";
import type { RefusalCode } from "../../src/crypto/refusal.js";
import { platform } from "./executor/platform.js";

export const bytes = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

export interface Person extends Me {
  readonly prekey: Prekey;
}

/** The person with this number, of more than a byte can count. */
export function person(name: string, number: number): Person {
  const secret = (flag: number): Uint8Array => bytes((number % 256) ^ flag).with(0, Math.floor(number / 256));
  const prekey = Prekey.fromBytes(secret(0x80), 1_700_000_000n);
  return { name, identity: Identity.fromSeed(secret(0)), prekey, prekeys: [prekey] };
}

export function bundleOf({ name, identity, prekey }: Person): Bundle {
  return { username: name, ik: identity.public.toBytes(), spk: prekey.spk.toBytes(), sig: identity.signSpk(prekey.spk) };
}

export interface Group {
  readonly people: readonly [Person, Person, ...Person[]];
  readonly created: Created;
}

export function randomFor(members: number): GroupRandom {
  let leaves = 1;
  while (leaves < members) leaves *= 2;
  const eks = Array.from({ length: members - 1 }, (_, i) => bytes(0x40 + i));
  const padding = Array.from({ length: leaves - members }, (_, i) => bytes(0x60 + i));
  return new GroupRandom({ nonce: bytes(0x20), leaf: bytes(0x21), eks, padding });
}

export async function groupOf(members: number): Promise<Group> {
  const [first, second] = [person("member-0", 1), person("member-1", 2)];
  const others = Array.from({ length: members - 2 }, (_, i) => person(`member-${i + 2}`, i + 3));
  const people = [first, second, ...others] as const;
  const bundles = people.slice(1).map(bundleOf);
  const created = await createGroup(first.identity, first.name, 1_700_000_100n, bundles, NO_PINS, randomFor(members));
  return { people: [first, second, ...others], created };
}

export function invitationFor({ people: [creator], created }: Group, position: number): Invitation {
  const message = created.messages[position - 1];
  if (message === undefined) throw new Error(`nobody is invited to place ${position}`);
  const { keyTree, info } = created;
  return { sender: creator.name, ik: creator.identity.public.toBytes(), ...message, keyTree, position, dmId: 1, info };
}

export const NOTHING_KNOWN: KnownGroups = { dmOf: () => undefined, groupOf: () => undefined };

export function seal(group: Group, position: number, seq: number, draft: Partial<Draft> = {}): Promise<Sealed> {
  const me = group.people[position];
  if (me === undefined) throw new Error(`no member ${position}`);
  const whole = { kind: "message", target: bytes(0), rev: 0, sentAtMs: 1n, expireS: 0, body: "hello", ...draft } as const;
  const salt = bytes(position * 64 + (seq % 64));
  return sealEnvelope(platform, group.created.context, me.identity, position, { sid: bytes(position, 8), seq, salt }, whole);
}

/** What a Refusal with this code looks like to `toThrow` and `rejects`. */
export const refusal = (code: RefusalCode): unknown => expect.objectContaining({ name: "Refusal", code });
