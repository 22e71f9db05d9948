/** How an account comes to be at a server. */

import { type Account, identityOf } from "./account.js";
import type { ServerAddress } from "./address.js";
import { encodeHex, Prekey } from "./crypto/index.js";
import { SottoError } from "./errors.js";
import { Backoff, dial } from "./link.js";
import type { Platform } from "./platform/platform.js";
import { Connection, type TransportOptions } from "./transport.js";
import { addPrekey, EMPTY } from "./vault/content.js";
import { seal } from "./vault/sealed.js";

/** How often something without a known outcome is tried before the app is told: over some 15 seconds. */
const ATTEMPTS = 6;

/**
 * Registers an account. Does not log in. Safe to repeat with the same keys after a lost connection. Throws `refused`
 * (`username_taken`, `invalid_username`, …) or `connect`.
 */
export async function register(
  server: ServerAddress,
  account: Account,
  platform: Platform,
  options: TransportOptions,
  signal?: AbortSignal,
): Promise<void> {
  const now = BigInt(Math.trunc(platform.now() / 1000));
  const prekey = Prekey.generate(platform, now);
  const content = addPrekey(EMPTY, now, encodeHex(prekey.expose()));
  const request = {
    username: account.username,
    public_key: account.publicKey,
    spk: encodeHex(prekey.spk.toBytes()),
    sig: encodeHex(identityOf(account).signSpk(prekey.spk)),
    own_storage: await seal(platform, account, 1n, content),
  };
  prekey.wipe();
  const backoff = new Backoff();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await once(server, options, signal, (connection) => connection.call("register", request));
      return;
    } catch (error) {
      if (!(error instanceof SottoError)) throw error;
      // The account may be there all the same, now or from an earlier attempt; whoever can log in to it owns it.
      const taken = error.isRefusal("username_taken");
      const own = taken || error.outcomeUnknown ? await owns(server, account, options, signal) : false;
      if (own === true) return;
      // Given up now, an account might be left that nobody has the words of.
      const unknown = error.outcomeUnknown || own === undefined || (attempt > 1 && error.kind === "connect");
      if (!unknown || attempt === ATTEMPTS) throw error;
      await backoff.pause(error, signal);
    }
  }
}

/** Whether the account is there and is this one; undefined where the server cannot be asked. */
async function owns(
  server: ServerAddress,
  account: Account,
  options: TransportOptions,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  try {
    (await dial(server, account, options, signal)).close();
    return true;
  } catch (error) {
    const said = error instanceof SottoError && (error.isRefusal("no_such_user") || error.isRefusal("wrong_response"));
    return said ? false : undefined;
  }
}

/** Whether a name can no longer be registered at `server`. Throws `connect`, `refused`. */
export function isTaken(server: ServerAddress, username: string, options: TransportOptions): Promise<boolean> {
  return once(server, options, undefined, (connection) => connection.call("username_exists", { username }));
}

async function once<T>(
  server: ServerAddress,
  options: TransportOptions,
  signal: AbortSignal | undefined,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(server, options, signal);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}
