/** Calls: who is in, and signals that the server cannot swap (`sotto/1`, envelopes of kind 5). */

import { callTarget, encodeHex, type Received, Refusal } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import type { Group, Groups } from "./groups.js";
import type { Caller } from "./link.js";
import type { Platform } from "./platform/platform.js";
import type { CallSignalNotice, IceServer, JoinedCall } from "./protocol.js";
import { asSecurity, checkedAsync } from "./refused.js";
import type { Replays } from "./replays.js";
import type { Writer } from "./send.js";

/** This device's place in a call. */
interface Call {
  /** How this device is named in the call. */
  readonly uuid: string;
  /** Who is known to be in it: uuids by username. */
  readonly others: Map<string, string>;
}

/** What calls are made of. */
export interface CallsParts {
  readonly username: string;
  readonly platform: Platform;
  readonly caller: Caller;
  readonly groups: Groups;
  readonly replays: Replays;
  readonly writer: Writer;
}

/** The calls that this device is in. */
export class Calls {
  readonly #parts: CallsParts;
  readonly #calls = new Map<number, Call>();
  /** How this device was ever named. */
  readonly #own = new Set<string>();

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  /** Asks who is in the call, unless that is known. Joining once more with the same uuid changes nothing and answers everyone. */
  async #callWith(caller: Caller, dm: number, username: string): Promise<Call> {
    const call = this.#calls.get(dm);
    if (call === undefined) throw new SottoError("invalid", "This device is not in that call.");
    return call.others.has(username) ? call : this.#lookRound(caller, dm, call.uuid);
  }

  async #lookRound(caller: Caller, dm: number, uuid: string): Promise<Call> {
    const others = await caller.patient("join_call", { id: dm, uuid });
    const call = { uuid, others: new Map(Object.entries(others)) };
    this.#calls.set(dm, call);
    return call;
  }

  /** A member has joined from a device that the notice names, or may have changed the device where it does not. */
  joined({ id, username, uuid }: JoinedCall): void {
    // The user's newest device has the user's place.
    if (username === this.#parts.username && uuid !== undefined && !this.#own.has(uuid)) this.#calls.delete(id);
    const call = this.#calls.get(id);
    if (uuid === undefined) call?.others.delete(username);
    else call?.others.set(username, uuid);
  }

  /** A member has left. */
  left(dm: number, username: string): void {
    this.#calls.get(dm)?.others.delete(username);
  }

  /** The connection has ended, and with it the device's place in every call. */
  disconnected(): void {
    this.#calls.clear();
  }

  /**
   * Opens a signal: it must be for this device, from the place that its sender has in the call. Undefined where this device has left
   * meanwhile.
   */
  async open(caller: Caller, signal: CallSignalNotice): Promise<string | undefined> {
    if (!this.#calls.has(signal.id)) return undefined;
    const group = await this.#parts.groups.group(caller, signal.id);
    const call = await this.#callWith(caller, signal.id, signal.username);
    let received: Received;
    try {
      received = await this.#receive(group, call, signal);
    } catch (error) {
      // The sender may have come back from another device.
      if (!(error instanceof Refusal && error.code === "E_INNER")) throw asSecurity(error);
      const again = await this.#lookRound(caller, signal.id, call.uuid);
      received = await checkedAsync(this.#receive(group, again, signal));
    }
    if (!received.fresh) throw asSecurity(new Refusal("E_REPLAY_MSG"));
    return received.opened.body;
  }

  async #receive(group: Group, call: Call, signal: CallSignalNotice): Promise<Received> {
    const theirs = call.others.get(signal.username);
    if (theirs === undefined) throw new Refusal("E_SENDER");
    const place = { place: "call", target: callTarget(theirs, call.uuid) } as const;
    return this.#parts.replays.receive(group, place, signal.username, signal.data, signal.signature);
  }

  /** Joins with this device; answers who is in the call, the user included. */
  async join(dm: number): Promise<string[]> {
    const uuid = encodeHex(this.#parts.platform.randomBytes(16));
    this.#own.add(uuid);
    const call = await this.#lookRound(this.#parts.caller, dm, uuid);
    return [...call.others.keys()];
  }

  async leave(dm: number): Promise<void> {
    this.#calls.delete(dm);
    await this.#parts.caller.patient("leave_call", { id: dm });
  }

  /** Sends a signal to a member's device in the call. */
  async send(dm: number, username: string, body: string): Promise<void> {
    const { caller, groups, writer } = this.#parts;
    const group = await groups.group(caller, dm);
    const call = await this.#callWith(caller, dm, username);
    const theirs = call.others.get(username);
    if (theirs === undefined) throw new SottoError("invalid", `${username} is not in that call.`);
    // A session of its own: only one member sees it, and to the others a number would be missing.
    const sealed = await writer.seal(group, true, writer.draft("call", callTarget(call.uuid, theirs), 0, body));
    const [data, signature] = [encodeHex(sealed.envelope), encodeHex(sealed.signature)];
    await caller.call("call_signal", { id: dm, username, data, signature });
  }

  iceServers(): Promise<IceServer[]> {
    return this.#parts.caller.patient("get_ice_servers", {});
  }
}
