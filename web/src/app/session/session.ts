/** Who is logged in on this device: reads the keychain, opens and closes the SDK's session. No React in here. */

import { Keychain, Sotto, SottoError, type Account, type SavedAccount, type Store } from "@sotto/sdk";

/** Where things stand. */
export type SessionState =
  | { readonly phase: "starting" }
  /** This page cannot hold keys: no HTTPS, or no IndexedDB. */
  | { readonly phase: "unusable"; readonly why: "insecure" | "storage"; readonly sentence: string }
  /** Nobody is logged in; `problem`: why what was open last could not be opened. */
  | { readonly phase: "out"; readonly accounts: readonly SavedAccount[]; readonly problem?: string }
  /** The account's keys are wrapped by a passphrase. */
  | { readonly phase: "locked"; readonly account: SavedAccount; readonly accounts: readonly SavedAccount[] }
  | { readonly phase: "in"; readonly sotto: Sotto; readonly account: SavedAccount; readonly accounts: readonly SavedAccount[] };

const LAST = "sotto.account";
const UNCONFIRMED = "sotto.unconfirmed";

/** The server that this page talks to: the one it came from. */
export const SERVER = globalThis.location?.origin ?? "";

let state: SessionState = { phase: "starting" };
let keychain: Keychain | undefined;
const watchers = new Set<() => void>();

/** The state, for `useSyncExternalStore`. */
export const sessionState = (): SessionState => state;

/** Calls back on every change of the state. */
export function watchSession(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

function become(next: SessionState): void {
  state = next;
  for (const watcher of watchers) watcher();
}

/** Sessions that this tab closes: whatever else ends by a disconnection was logged out in another tab. */
const closing = new WeakSet<Sotto>();

function close(sotto: Sotto): Promise<void> {
  closing.add(sotto);
  return sotto.close();
}

/** Inside, until another tab logs the account out: then nothing of it shows here, either. */
function goIn(sotto: Sotto, account: SavedAccount, accounts: readonly SavedAccount[]): void {
  sotto.on("ended", ({ error }) => {
    if (error.kind !== "disconnected" || closing.has(sotto) || state.phase !== "in" || state.sotto !== sotto) return;
    become({ phase: "out", accounts: state.accounts.filter(({ username }) => username !== sotto.username) });
  });
  become({ phase: "in", sotto, account, accounts });
}

async function keys(): Promise<Keychain> {
  keychain ??= await Keychain.open();
  return keychain;
}

function remember(username: string | null): void {
  try {
    if (username === null) localStorage.removeItem(LAST);
    else localStorage.setItem(LAST, username);
  } catch {
    // Without localStorage the account is chosen by hand each time.
  }
}

function lastUsed(): string | null {
  try {
    return localStorage.getItem(LAST);
  } catch {
    return null;
  }
}

const ours = (accounts: readonly SavedAccount[]) => accounts.filter((account) => account.server === SERVER);

async function saved(): Promise<readonly SavedAccount[]> {
  return ours(await (await keys()).list());
}

/** Where the SDK keeps what it knows of an account on this device; `Keychain.remove` clears it. */
export async function storeFor(username: string): Promise<Store> {
  return (await keys()).store(SERVER, username);
}

/** Opens what was open last, where it needs no passphrase; `onOpen` is called before anything of it shows. Called once, at the start. */
export async function startSession(onOpen: () => void): Promise<void> {
  if (!globalThis.isSecureContext) {
    become({ phase: "unusable", why: "insecure", sentence: "Open this over HTTPS." });
    return;
  }
  let accounts: readonly SavedAccount[];
  try {
    accounts = await saved();
  } catch (error) {
    become({ phase: "unusable", why: "storage", sentence: sentenceOf(error) });
    return;
  }
  const last = accounts.find((account) => account.username === lastUsed()) ?? (accounts.length === 1 ? accounts[0] : undefined);
  if (!last) {
    become({ phase: "out", accounts });
    return;
  }
  if (last.protection === "device") onOpen();
  try {
    await switchTo(last);
  } catch (error) {
    become({ phase: "out", accounts, problem: sentenceOf(error) });
  }
}

/** Leaves the present account, whose keys stay, and opens another saved one, or asks for its passphrase. */
export async function switchTo(account: SavedAccount, passphrase?: string): Promise<void> {
  const accounts = await saved();
  if (account.protection === "passphrase" && passphrase === undefined) {
    await closeCurrent();
    become({ phase: "locked", account, accounts });
    return;
  }
  const loaded = await (await keys()).load(account.server, account.username, passphrase);
  await closeCurrent();
  const sotto = await Sotto.open(account.server, loaded, { store: await storeFor(account.username) });
  remember(account.username);
  goIn(sotto, account, accounts);
}

/** Keeps the keys of an account that was just registered or recovered on this device. */
export async function keep(account: Account, passphrase?: string): Promise<void> {
  await (await keys()).save(SERVER, account, passphrase);
  remember(account.username);
}

/** Goes in with a session that is open already; its keys are kept. */
export async function enter(sotto: Sotto): Promise<void> {
  const accounts = await saved();
  const account = accounts.find((each) => each.username === sotto.username);
  if (!account) throw new SottoError("storage", "The account was not kept on this device.");
  if (state.phase === "in" && state.sotto !== sotto) await close(state.sotto);
  goIn(sotto, account, accounts);
}

/** Lets go of a session that was opened and never entered; its keys are kept, and are among the accounts to choose from. */
export async function abandon(sotto: Sotto): Promise<void> {
  await sotto.close();
  const accounts = await saved();
  if (state.phase === "out") become({ ...state, accounts });
}

/** Wraps the keys of the present account anew: by a passphrase, or (undefined) by this browser's own key. */
export async function protect(passphrase: string | undefined): Promise<void> {
  if (state.phase !== "in") throw new SottoError("invalid", "Nobody is logged in.");
  const { sotto } = state;
  await (await keys()).save(SERVER, sotto.account, passphrase);
  const accounts = await saved();
  const account = accounts.find((each) => each.username === sotto.username) ?? state.account;
  become({ phase: "in", sotto, account, accounts });
}

/** Whether a passphrase is the one that wraps the present account's keys. */
export async function passphraseFits(passphrase: string): Promise<boolean> {
  if (state.phase !== "in") return false;
  try {
    await (await keys()).load(SERVER, state.account.username, passphrase);
    return true;
  } catch (error) {
    if (error instanceof SottoError && error.kind === "invalid") return false;
    throw error;
  }
}

/** Leaves the present account; its keys and what is kept of it stay on this device. */
export async function leave(): Promise<void> {
  await closeCurrent();
  remember(null);
  become({ phase: "out", accounts: await saved() });
}

/** Logs out for good: forgets the present account, its keys, its store and everything cached. The words are the only way back. */
export async function logOut(): Promise<void> {
  if (state.phase !== "in") return;
  const { sotto } = state;
  closing.add(sotto);
  await sotto.wipe();
  await (await keys()).remove(SERVER, sotto.username);
  const accounts = await saved();
  remember(null);
  forgetSettings(sotto.username);
  // The last account takes everything of this origin with it; settings of the device stay while another account is here.
  if (accounts.length === 0) await forgetOrigin();
  become({ phase: "out", accounts });
}

/** Forgets a saved account that cannot be opened any more (its passphrase is lost). */
export async function forget(account: SavedAccount): Promise<void> {
  await (await keys()).remove(account.server, account.username);
  remember(null);
  forgetSettings(account.username);
  become({ phase: "out", accounts: await saved() });
}

/** What features keep of an account in `localStorage` (read marks, mutes) has a key that ends in the server and the name. */
function forgetSettings(username: string): void {
  confirmed(username);
  const end = `.${encodeURIComponent(SERVER)}.${encodeURIComponent(username)}`;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("sotto.") && key.endsWith(end)) localStorage.removeItem(key);
  } catch {
    // There is no such storage, and so nothing in it.
  }
}

async function forgetOrigin(): Promise<void> {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("sotto.")) localStorage.removeItem(key);
    for (const key of Object.keys(sessionStorage)) if (key.startsWith("sotto.")) sessionStorage.removeItem(key);
  } catch {
    // There is no such storage, and so nothing in it.
  }
  const registrations = (await globalThis.navigator?.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(registrations.map((registration) => registration.unregister()));
  if ("caches" in globalThis) await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
}

async function closeCurrent(): Promise<void> {
  if (state.phase === "in") await close(state.sotto);
}

/** Remembers that the words of a new account were shown, but not confirmed yet. The words themselves are kept nowhere. */
export function unconfirmed(username: string): void {
  try {
    localStorage.setItem(UNCONFIRMED, username);
  } catch {
    // The warning after a reload is lost; the words' screen itself is not.
  }
}

/** Forgets {@link unconfirmed}. */
export function confirmed(username: string): void {
  try {
    if (localStorage.getItem(UNCONFIRMED) === username) localStorage.removeItem(UNCONFIRMED);
  } catch {
    // Nothing was remembered.
  }
}

/** Whether the words of an account were shown on this device and never confirmed. */
export function isUnconfirmed(username: string): boolean {
  try {
    return localStorage.getItem(UNCONFIRMED) === username;
  } catch {
    return false;
  }
}

/** What went wrong, in a sentence for a person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof SottoError) return error.message;
  return error instanceof Error && error.message !== "" ? error.message : "Something went wrong.";
}
