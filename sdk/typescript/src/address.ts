/** Where the server is: what the user wrote, and the origin that a login signature names (C-402). */

import { SottoError } from "./errors.js";

/** The address of a server. */
export interface ServerAddress {
  /** The WHATWG origin, in lower case and without the default port: what is dialled and what a login is bound to. */
  readonly origin: string;
}

/**
 * Reads an address. `http`, `https`, `ws` and `wss` are taken; a path, query or fragment is not, and nor is a user name.
 * Throws `invalid` where it is no address of a server.
 */
export function parseServer(text: string): ServerAddress {
  const fail = (why: string): SottoError => new SottoError("invalid", `${JSON.stringify(text)} is no server: ${why}.`);
  const example = "an address looks like https://chat.example.org";
  const trimmed = text.trim();
  // As http from the start: what an origin is, is only defined alike everywhere for that.
  const page = trimmed.replace(/^ws(s?):/i, "http$1:");
  let url: URL;
  try {
    url = new URL(page);
  } catch {
    throw fail(example);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw fail("the address must begin with https:// or http://");
  if (url.username !== "" || url.password !== "") throw fail("the address must not hold a user name");
  if (url.hostname === "") throw fail(example);
  if (url.href !== `${url.protocol}//${url.host}/`) throw fail("the address must end after the host and port");
  return { origin: `${url.protocol}//${url.host}` };
}
