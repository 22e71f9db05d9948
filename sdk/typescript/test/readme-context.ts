/** What the snippets of README.md find around them: people at a server, a DM, a message. */

import "fake-indexeddb/auto";
import { type Account, type Dm, type Message, Sotto } from "../src/index.js";

/** The names that a snippet may use without declaring them. */
export interface Context {
  /** Ada's session. */
  readonly sotto: Sotto;
  readonly account: Account;
  readonly words: string;
  /** Ada's DM with Bob. */
  readonly dm: Dm;
  /** The newest message in it, Ada's own. */
  readonly message: Message;
  /** Bob's session; he takes every friend request. Not for snippets. */
  readonly bob: Sotto;
}

const sessions: Sotto[] = [];

/** Remembers every session that is opened, so that all can be closed. */
function watch(): void {
  const made = { open: Sotto.open, connect: Sotto.connect };
  Sotto.open = async (...args) => remember(await made.open.apply(Sotto, args));
  Sotto.connect = async (...args) => remember(await made.connect.apply(Sotto, args));
}

function remember(sotto: Sotto): Sotto {
  sessions.push(sotto);
  return sotto;
}

/** Brings everyone together at a server. */
export async function setUp(url: string): Promise<Context> {
  watch();
  const [ada, bob] = await Promise.all(["ada", "bob", "carol", "mallory"].map((name) => Sotto.register(url, name)));
  if (ada === undefined || bob === undefined) throw new Error("nobody was registered");
  bob.sotto.on("friendRequest", ({ username }) => void bob.sotto.answerFriend(username, true));
  const friends = new Promise((resolve) => ada.sotto.on("friendAnswer", resolve));
  await ada.sotto.addFriend("bob");
  await friends;
  const dm = await ada.sotto.createDm(["bob"]);
  const { account, sotto, words } = ada;
  return { sotto, account, words, dm, message: await another(sotto, dm), bob: bob.sotto };
}

/** Ada sends one more message. */
export async function another(sotto: Sotto, dm: Dm): Promise<Message> {
  await sotto.send(dm.id, "A message");
  const [message] = await sotto.messages(dm.id, { count: 1 });
  if (message === undefined) throw new Error("what was sent is not there");
  return message;
}

/** Closes every session. */
export async function tearDown(): Promise<void> {
  await Promise.all(sessions.map((sotto) => sotto.close()));
}
