/** The people and the group that the suites share; the golden inputs of the specification. */

import { type JsonObject, type Out, get, rep, text } from "./suite.js";

export const NAMES = ["alice", "bob", "\u{c7}arol"] as const;

/** The name of member `position`. */
export function nameOf(position: number): string {
  return NAMES[position] ?? fail(position);
}

function fail(position: number): never {
  throw new Error(`no member ${position}`);
}

const accounts = new Map<number, Promise<Out>>();

/** The account of a name: R is its number repeated. */
export function account(number: number): Promise<Out> {
  const known = accounts.get(number) ?? get("account", { r: rep(32, number) });
  accounts.set(number, known);
  return known;
}

export const ikOf = async (number: number): Promise<string> => (await account(number)).text("ik");
export const seedOf = async (number: number): Promise<string> => (await account(number)).text("ik_seed");

/** A bundle of person `number` with its prekey, as create takes it. */
export async function bundle(name: string, number: number, spkPriv: number, createdAt: number): Promise<JsonObject> {
  const input = { ik_seed: await seedOf(number), spk_priv: rep(32, spkPriv), created_at: createdAt };
  const spk = await get("spk_make", input);
  return { name_hex: text(name), ik: await ikOf(number), spk: spk.text("spk"), sig: spk.text("sig") };
}

/** What alice creates the group of three from. */
export async function createInput(): Promise<JsonObject & { readonly bundles: readonly JsonObject[] }> {
  return {
    ik_seed: await seedOf(1),
    name_hex: text("alice"),
    created_at: 1_700_000_100,
    bundles: [await bundle("bob", 2, 0x12, 1_700_000_000), await bundle(NAMES[2], 3, 0x13, 1_700_000_001)],
    pins: [],
    nonce: rep(32, 0x41),
    eks: [rep(32, 0x21), rep(32, 0x22)],
    leaf: rep(32, 0x31),
    padding: [rep(32, 0x33)],
  };
}

let group: Promise<Out> | undefined;

/** The group of three. */
export function created(): Promise<Out> {
  group ??= createInput().then((input) => get("group_create", input));
  return group;
}

export interface Notification extends JsonObject {
  readonly ik: string;
  readonly spk: string;
  readonly ek: string;
  readonly key_tree: readonly string[];
  readonly info: string;
}

/** The notification for bob (1) or Çarol (2), with the receiver's own secrets. */
export async function notification(position: 1 | 2): Promise<Notification> {
  const made = await created();
  const prekey = position === 1 ? ([0x12, 1_700_000_000] as const) : ([0x13, 1_700_000_001] as const);
  const message = made.objects("messages")[position - 1];
  return {
    ik_seed: await seedOf(position + 1),
    name_hex: text(NAMES[position]),
    prekeys: [{ spk_priv: rep(32, prekey[0]), created_at: prekey[1] }],
    pins: [],
    known: [],
    sender_hex: text("alice"),
    ik: await ikOf(1),
    spk: String(message?.["spk"]),
    ek: String(message?.["ek"]),
    key_tree: made.texts("key_tree"),
    position,
    dm_id: 7,
    info: made.text("info"),
  };
}

/** What a member needs to seal and open. */
export async function context(): Promise<JsonObject> {
  const made = await created();
  return { info: made.text("info"), gi_hash: made.text("gi_hash"), group_secret: made.text("group_secret") };
}

/** The input for member `position` to seal a message with the session byte `sid`, number and salt byte given. */
export async function draft(position: number, sid: number, seq: number, body: string): Promise<JsonObject> {
  return {
    ...(await context()),
    ik_seed: await seedOf(position + 1),
    position,
    kind: 1,
    target: rep(32, 0),
    rev: 0,
    sent_at_ms: 1_700_000_200_000,
    expire_s: 0,
    body_hex: text(body),
    sid: rep(8, sid),
    seq,
    salt: `${rep(20, sid)}${seq.toString(16).padStart(8, "0")}${rep(8, position)}`,
  };
}
