/** A server with one DM and its call, and the clients of its members, in memory: order, places and refusals as in section 6 of SPEC.md. */

import { SottoError, type Dm, type SottoEvents, type protocol } from "@sotto/sdk";
import type { CallsSotto } from "../../calls";

export const DM = 7;

export class FakeServer {
  members: string[];
  readonly devices = new Set<FakeSotto>();
  /** Who is in the call, with the device that has the place. */
  readonly places = new Map<string, FakeSotto>();
  /** Signals on their way: a test may lose some. */
  loses: (from: string, to: string, body: string) => boolean = () => false;
  readonly signals: { readonly from: string; readonly to: string; readonly body: string }[] = [];
  servers: protocol.IceServer[] = [];
  asked = 0;

  constructor(...members: string[]) {
    this.members = members;
  }

  device(username: string): FakeSotto {
    const device = new FakeSotto(this, username);
    this.devices.add(device);
    return device;
  }

  tell<E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]): void {
    for (const device of this.devices) if (device.state === "online") device.emit(event, payload);
  }

  leave(username: string): void {
    if (this.places.delete(username)) this.tell("callLeft", { dm: DM, username });
  }
}

export class FakeSotto implements CallsSotto {
  state: CallsSotto["state"] = "online";
  readonly #server: FakeServer;
  readonly #listeners = new Map<keyof SottoEvents, Set<(payload: never) => void>>();
  #news: Promise<void> = Promise.resolve();
  /** When the server's answers to `joinCall` arrive. */
  answers: Promise<void> = Promise.resolve();
  readonly blocks = new Set<string>();
  /** What the next requests throw, first in, first out. */
  readonly refusals: { readonly request: "joinCall" | "sendCallSignal"; readonly error: SottoError }[] = [];

  constructor(
    server: FakeServer,
    readonly username: string,
  ) {
    this.#server = server;
  }

  on<E extends keyof SottoEvents>(event: E, listener: (payload: SottoEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Events come in order, each in its own turn. */
  emit<E extends keyof SottoEvents>(event: E, payload: SottoEvents[E]): void {
    this.#news = this.#news.then(() => {
      for (const listener of [...(this.#listeners.get(event) ?? [])]) (listener as (payload: SottoEvents[E]) => void)(payload);
    });
  }

  dm(id: number): Promise<Dm> {
    const { members, places } = this.#server;
    if (id !== DM || !members.includes(this.username)) return Promise.reject(new SottoError("refused", "No.", { code: "no_access" }));
    return Promise.resolve({ id, users: members, name: null, createdAt: "2026-01-01T00:00:00.000000", usersInCall: [...places.keys()], locked: null });
  }

  async dms(): Promise<Dm[]> {
    return [await this.dm(DM)];
  }

  blocked(): Promise<string[]> {
    return Promise.resolve([...this.blocks]);
  }

  async joinCall(id: number): Promise<string[]> {
    this.#check("joinCall");
    await this.dm(id);
    this.#server.places.set(this.username, this);
    const inCall = [...this.#server.places.keys()];
    // the notice leaves after the answer.
    setTimeout(() => {
      this.#server.tell("callJoined", { dm: id, username: this.username });
    });
    await this.answers;
    return inCall;
  }

  leaveCall(): Promise<void> {
    this.#server.leave(this.username);
    return Promise.resolve();
  }

  async sendCallSignal(dm: number, username: string, body: string): Promise<void> {
    this.#check("sendCallSignal");
    if (this.#server.places.get(this.username) !== this) throw new SottoError("invalid", "this device is not in that call");
    const device = this.#server.places.get(username);
    if (device === undefined) throw new SottoError("refused", "Not in the call.", { code: "not_in_call" });
    await Promise.resolve();
    this.#server.signals.push({ from: this.username, to: username, body });
    if (!this.#server.loses(this.username, username, body)) device.emit("callSignal", { dm, username: this.username, body });
  }

  iceServers(): Promise<protocol.IceServer[]> {
    this.#server.asked += 1;
    return Promise.resolve(this.#server.servers);
  }

  /** The connection to the server breaks; the server notices at once, as the others do. */
  lose(): void {
    this.emit("disconnected", { why: "gone" });
    this.state = "offline";
    if (this.#server.places.get(this.username) === this) this.#server.leave(this.username);
  }

  find(): void {
    this.state = "online";
    this.emit("connected", {});
  }

  #check(request: "joinCall" | "sendCallSignal"): void {
    if (this.state !== "online") throw new SottoError("disconnected", "Offline.");
    const at = this.refusals.findIndex((one) => one.request === request);
    const [refusal] = at < 0 ? [] : this.refusals.splice(at, 1);
    if (refusal !== undefined) throw refusal.error;
  }
}
