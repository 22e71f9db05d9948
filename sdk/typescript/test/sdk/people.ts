/** People for tests: registered, listening, and able to wait for what they are told. */

import { type Account, MemoryStore, type Message, Sotto, type SottoEvents, type SottoOptions, type Store } from "../../src/index.js";

const PATIENCE_MS = 20_000;

/** Something that was told. */
export type Told = { [E in keyof SottoEvents]: { readonly event: E; readonly payload: SottoEvents[E] } }[keyof SottoEvents];

const EVENTS = [
  "connected",
  "disconnected",
  "ended",
  "messageNew",
  "messageChanged",
  "messageDeleted",
  "historyReset",
  "typing",
  "invited",
  "invitationRefused",
  "dmChanged",
  "dmGone",
  "scheduledSent",
  "scheduledSoon",
  "scheduledFailed",
  "sendFailed",
  "friendRequest",
  "friendAnswer",
  "unfriended",
  "profile",
  "callJoined",
  "callLeft",
  "callSignal",
  "ownChange",
  "keyChanged",
  "warning",
] as const satisfies readonly (keyof SottoEvents)[];

/** Everything that a session tells, in order. */
export class Ear {
  readonly told: Told[] = [];
  #at = 0;
  #woken: () => void = () => undefined;

  /** `also` hears of everything at once. */
  constructor(sotto: Sotto, also: (told: Told) => void = () => undefined) {
    for (const event of EVENTS) {
      sotto.on(event, (payload) => {
        const told = { event, payload } as Told;
        this.told.push(told);
        also(told);
        this.#woken();
      });
    }
  }

  /** What `look` makes of the first thing told from here on that it makes something of; the next search begins after it. */
  async until<T>(what: string, look: (told: Told) => T | undefined | false): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      for (; this.#at < this.told.length; this.#at += 1) {
        const told = this.told[this.#at];
        const seen = told === undefined ? undefined : look(told);
        if (seen !== undefined && seen !== false) {
          this.#at += 1;
          return seen;
        }
      }
      const wait = end - Date.now();
      if (wait <= 0) throw new Error(`nobody told of ${what}: ${this.told.map(({ event }) => event).join(", ")}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#woken = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The payload of the next event of a kind that fits. */
  next<E extends keyof SottoEvents>(event: E, fits: (payload: SottoEvents[E]) => boolean = () => true): Promise<SottoEvents[E]> {
    return this.until(event, (told) => {
      const payload = told.payload as SottoEvents[E];
      return told.event === event && fits(payload) ? payload : undefined;
    });
  }

  /** The texts of new messages, in order, up to one. */
  async textsUntil(last: string): Promise<string[]> {
    const texts: string[] = [];
    await this.until(`«${last}»`, (told) => {
      if (told.event !== "messageNew") return false;
      texts.push(textOf(told.payload.message));
      return textOf(told.payload.message) === last;
    });
    return texts;
  }
}

/** What a message says, or the code of why not. */
export function textOf(message: Message): string {
  return message.content.ok ? message.content.value.text : message.content.why.code;
}

/** What a message is named by. */
export function referenceOf(message: Message): string {
  if (!message.content.ok) throw new Error(message.content.why.code);
  return message.content.value.reference;
}

/** Someone with one device. */
export interface Member {
  readonly sotto: Sotto;
  readonly ear: Ear;
  readonly account: Account;
  readonly words: string;
  readonly store: Store;
}

const open = new Set<Sotto>();

/** Registers someone and listens. */
export async function member(server: string, username: string, options: SottoOptions = {}): Promise<Member> {
  const store = options.store ?? new MemoryStore();
  const { sotto, account, words } = await Sotto.register(server, username, { ...options, store });
  open.add(sotto);
  return { sotto, ear: new Ear(sotto), account, words, store };
}

/** A session of an account, which need not be online yet. */
export async function device(
  server: string,
  account: Account,
  store: Store = new MemoryStore(),
  options: SottoOptions = {},
): Promise<{ sotto: Sotto; ear: Ear }> {
  const sotto = await Sotto.open(server, account, { ...options, store });
  open.add(sotto);
  return { sotto, ear: new Ear(sotto) };
}

/** Makes friends of two. */
export async function befriend(a: Member, b: Member): Promise<void> {
  await a.sotto.addFriend(b.sotto.username);
  await b.sotto.answerFriend(a.sotto.username, true);
}

/** Ends every session of the test. */
export async function closeAll(): Promise<void> {
  await Promise.all([...open].map((sotto) => sotto.close()));
  open.clear();
}
