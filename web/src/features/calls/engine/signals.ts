/** What the members' devices in a call say to each other: version 1 of the body of a call signal (envelopes of kind 5). */

/** How long a body may be, in bytes of UTF-8 (C-310). */
export const BODY_LIMIT = 16_204;

/** How many UTF-16 units of JSON go into one part: at most 3 bytes each, and room for the part's own keys. */
const PART_UNITS = 5_000;

/** More parts than this are not gathered: 160,000 units are more than any honest description has. */
const PARTS_LIMIT = 32;

/** More candidates than this in one signal are no honest gathering. */
export const CANDIDATES_LIMIT = 128;

/** What a device tells of what it sends; tracks alone do not tell silence from «muted», nor a camera from a screen. */
export interface SenderState {
  /** Whether the microphone is on. */
  readonly mic: boolean;
  readonly camera: boolean;
  /** The id of the MediaStream that carries the screen; null: not shared. */
  readonly screen: string | null;
}

/** An address at which a device may be reached; null: there will be no more. */
export type Candidate = RTCIceCandidateInit | null;

/** One thing to say. `id` counts a device's offers to one member; an answer names the offer that it is to. */
export type Signal =
  | { readonly type: "offer"; readonly id: number; readonly sdp: string }
  | { readonly type: "answer"; readonly re: number; readonly sdp: string }
  | { readonly type: "candidates"; readonly candidates: readonly Candidate[] }
  | { readonly type: "state"; readonly state: SenderState }
  | { readonly type: "bye" };

/** A signal with the sessions it goes between: one that is for an earlier stay in the call is told from one for this. */
export interface Letter {
  /** Random, chosen by the sender for its stay in the call. */
  readonly from: string;
  /** The receiver's, as far as the sender knows it. */
  readonly to: string | null;
  readonly signal: Signal;
}

const utf8 = new TextEncoder();

/** The bodies that carry a letter: one, or several parts where one would be too long. */
export function writeLetter(letter: Letter): string[] {
  const whole = JSON.stringify({ v: 1, from: letter.from, ...(letter.to === null ? {} : { to: letter.to }), ...letter.signal });
  if (utf8.encode(whole).length <= BODY_LIMIT) return [whole];
  const of = Math.ceil(whole.length / PART_UNITS);
  const id = crypto.randomUUID();
  return Array.from({ length: of }, (_, part) =>
    JSON.stringify({ v: 1, from: letter.from, id, part, of, data: whole.slice(part * PART_UNITS, (part + 1) * PART_UNITS) }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function parse(text: string): Fields | null {
  try {
    const fields = fieldsOf(JSON.parse(text));
    return fields !== null && fields["v"] === 1 ? fields : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function readCandidate(value: unknown): Candidate | undefined {
  if (value === null) return null;
  const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = fieldsOf(value) ?? {};
  if (typeof candidate !== "string") return undefined;
  return {
    candidate,
    ...(typeof sdpMid === "string" ? { sdpMid } : {}),
    ...(isCount(sdpMLineIndex) ? { sdpMLineIndex } : {}),
    ...(typeof usernameFragment === "string" ? { usernameFragment } : {}),
  };
}

function readSignal(fields: Fields): Signal | null {
  const { type, id, re, sdp, candidates, state } = fields;
  if (type === "offer" && isCount(id) && typeof sdp === "string") return { type, id, sdp };
  if (type === "answer" && isCount(re) && typeof sdp === "string") return { type, re, sdp };
  if (type === "candidates" && Array.isArray(candidates) && candidates.length <= CANDIDATES_LIMIT) {
    return { type, candidates: candidates.map(readCandidate).filter((one) => one !== undefined) };
  }
  if (type === "state") {
    const { mic, camera, screen } = fieldsOf(state) ?? {};
    return { type, state: { mic: mic === true, camera: camera === true, screen: typeof screen === "string" ? screen : null } };
  }
  return type === "bye" ? { type } : null;
}

function readWhole(fields: Fields): Letter | null {
  const { from, to } = fields;
  const signal = readSignal(fields);
  if (signal === null || typeof from !== "string") return null;
  return { from, to: typeof to === "string" ? to : null, signal };
}

/** Reads one member's bodies, and joins what came in parts. Bodies are verified, but written by another person's device. */
export class LetterReader {
  #parts: { id: string; of: number; data: string[] } | null = null;

  /** The letter that this body completes; null where it is a part, or nothing that this version knows. */
  read(body: string): Letter | null {
    const fields = parse(body);
    if (fields === null) return null;
    if (!("part" in fields)) return readWhole(fields);
    const { id, part, of, data } = fields;
    if (typeof id !== "string" || !isCount(part) || !isCount(of) || of > PARTS_LIMIT || typeof data !== "string") return null;
    // A device's signals come in the order in which it sent them, so parts do, too: one that does not fit ends the letter.
    if (part === 0) this.#parts = { id, of, data: [] };
    const parts = this.#parts;
    if (parts === null || parts.id !== id || parts.of !== of || parts.data.length !== part) {
      this.#parts = null;
      return null;
    }
    parts.data.push(data);
    if (parts.data.length < of) return null;
    this.#parts = null;
    const whole = parse(parts.data.join(""));
    return whole === null ? null : readWhole(whole);
  }
}
