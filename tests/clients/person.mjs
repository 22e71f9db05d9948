// A person with one connection of the official client, who asks, listens and compares. For story.mjs.

import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { Identity } from "./keys.mjs";

/** How long an answer or a notice may take before the story fails. A deadline, never a pause: nothing waits this long that arrives. */
const PATIENCE_MS = 20_000;

/** The options of each mode. `upgrade` is the stock client without any option at all. */
const MODES = {
  websocket: { transports: ["websocket"] },
  polling: { transports: ["polling"] },
  upgrade: undefined,
};

export const modes = Object.keys(MODES);

export class Person {
  constructor(username, { url, mode, origin }, identity = new Identity()) {
    Object.assign(this, { username, url, mode, origin, identity });
    /** Every notice ever received on this connection object, in order: [name, payload]. */
    this.log = [];
    /** Those that no step has asked for yet. */
    this.inbox = [];
    this.waiting = [];
    /** Whether an invitation is acked as it arrives. */
    this.acksInvitations = true;
  }

  /** Connects, or connects again, and returns when the transport of the mode is in use. */
  async connect() {
    if (!this.socket) {
      this.socket = MODES[this.mode] ? io(this.url, MODES[this.mode]) : io(this.url);
      this.socket.onAny((name, payload, ack) => this.#receive(name, payload, ack));
    } else {
      this.socket.connect();
    }
    await within(`${this.username} connects by ${this.mode}`, (resolve, reject) => {
      const socket = this.socket;
      socket.once("connect_error", (error) => reject(new Error(`${this.username} cannot connect to ${this.url} by ${this.mode}: ${error.message}`)));
      socket.once("connect", () => {
        const engine = socket.io.engine;
        if (this.mode === "upgrade" && engine.transport.name === "polling") {
          engine.once("upgrade", resolve);
        } else {
          resolve();
        }
      });
    });
    const expected = this.mode === "polling" ? "polling" : "websocket";
    assert.equal(this.socket.io.engine.transport.name, expected, "transport in use");
  }

  /** Asks and returns the raw reply, after checking that it is one of the two envelopes and nothing else. */
  async ask(event, ...args) {
    const reply = await this.socket.timeout(PATIENCE_MS).emitWithAck(event, ...args).catch(() => {
      throw new Error(`${this.username}: ${event} ${show(args)} was never acked`);
    });
    const what = `${event} ${show(args)} → ${show(reply)}`;
    assert.equal(typeof reply, "object", what);
    if (reply.success === true) {
      assert.deepEqual(Object.keys(reply).sort(), ["result", "success"], what);
    } else {
      assert.equal(reply.success, false, what);
      assert.equal(typeof reply.result, "string", what);
      assert.match(reply.code, /^[a-z0-9_]+$/, what);
    }
    return reply;
  }

  /** Asks and returns the result; fails on a refusal. */
  async ok(event, ...args) {
    const reply = await this.ask(event, ...args);
    assert.equal(reply.success, true, `${this.username}: ${event} ${show(args)} was refused: ${show(reply)}`);
    return reply.result;
  }

  /** Asks and fails unless the answer is `true`. */
  async done(event, ...args) {
    assert.equal(await this.ok(event, ...args), true, `${event} ${show(args)}`);
  }

  /** Asks, fails unless refused with `code`, and returns the sentence. */
  async refused(code, event, ...args) {
    const reply = await this.ask(event, ...args);
    assert.equal(reply.success, false, `${this.username}: ${event} ${show(args)} was taken: ${show(reply)}; expected ${code}`);
    assert.equal(reply.code, code, `${this.username}: ${event} ${show(args)} → ${show(reply)}`);
    return reply.result;
  }

  /** Logs in by challenge. */
  async login() {
    const challenge = await this.ok("login", { username: this.username });
    assert.match(challenge, /^[0-9a-f]{64}$/, "challenge");
    await this.done("login_challenge_response", { response: this.identity.answer(this.origin, this.username, challenge) });
  }

  /** The first notice called `name` that no step has taken yet and that `fits`: from the inbox, or the next to arrive. */
  notice(name, fits = () => true, wanted = "") {
    const found = this.inbox.findIndex(([n, payload]) => n === name && fits(payload));
    if (found >= 0) {
      return Promise.resolve(this.inbox.splice(found, 1)[0][1]);
    }
    return within(() => `${this.username}: ${name} ${wanted}; heard but not asked for: ${this.#unasked(name)}`, (resolve) => {
      this.waiting.push({ name, fits, resolve });
    });
  }

  /** How often a notice called `name` that `fits` has arrived in all, on this connection and the ones before it. */
  count(name, fits = () => true) {
    return this.log.filter(([n, payload]) => n === name && fits(payload)).length;
  }

  /** Position in the order of arrival of the first notice called `name` that `fits`; −1 if it has not come. */
  position(name, fits) {
    return this.log.findIndex(([n, payload]) => n === name && fits(payload));
  }

  /** Sends a message and returns it as it came back to its sender. */
  async say(dm, message, extra = {}) {
    await this.done("send_message", { id: dm, message, signature: this.identity.sign(message), ...extra });
    return this.notice("message_notification", (m) => m.message === message, "of my own message");
  }

  disconnect() {
    this.socket?.disconnect();
  }

  /** The names in the inbox, and what the latest one called `name` said. */
  #unasked(name) {
    const last = this.inbox.findLast(([n]) => n === name);
    return show(this.inbox.map(([n]) => n)) + (last ? `; the last ${name}: ${show(last[1])}` : "");
  }

  #receive(name, payload, ack) {
    this.log.push([name, payload]);
    if (ack && this.acksInvitations) {
      ack();
    }
    const waiter = this.waiting.findIndex((w) => w.name === name && w.fits(payload));
    if (waiter >= 0) {
      this.waiting.splice(waiter, 1)[0].resolve(payload);
    } else {
      this.inbox.push([name, payload]);
    }
  }
}

/** A promise that fails with what it was waiting for when the deadline passes. */
function within(what, start) {
  return new Promise((resolve, reject) => {
    const describe = typeof what === "function" ? what : () => what;
    const timer = setTimeout(() => reject(new Error(`no answer in ${PATIENCE_MS / 1000} s: ${describe()}`)), PATIENCE_MS);
    const settle = (f) => (value) => {
      clearTimeout(timer);
      f(value);
    };
    start(settle(resolve), settle(reject));
  });
}

/** JSON, cut to what a person reads. */
export function show(value) {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
