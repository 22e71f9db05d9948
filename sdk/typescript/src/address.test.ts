/** Addresses of servers: what is dialled, what a login names, what is refused. */

import { describe, expect, it } from "vitest";
import { parseServer } from "./address.js";
import { SottoError } from "./errors.js";

describe("server addresses", () => {
  it.each([
    ["https://Chat.Example.ORG", "https://chat.example.org"],
    ["  https://chat.example.org/ ", "https://chat.example.org"],
    ["wss://chat.example.org:443/", "https://chat.example.org"],
    ["WS://localhost:80", "http://localhost"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:3000"],
    ["http://[::1]:3000", "http://[::1]:3000"],
    ["https://chat.example.org:80", "https://chat.example.org:80"],
    ["https://Bücher.example:8443", "https://xn--bcher-kva.example:8443"],
  ])("C-402: of %s the origin is %s", (text, origin) => {
    expect(parseServer(text).origin).toBe(origin);
  });

  it.each([
    "",
    "chat.example.org",
    "localhost:3000",
    "ftp://x",
    "file:///x",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://",
    "https://x/path",
    "https://x/?",
    "https://x/?q",
    "https://x/#",
    "https://u:p@x",
    "https://x:99999",
  ])("refuses %j, repeating no more than what was written", (text) => {
    const refused = (): unknown => parseServer(text);
    expect(refused).toThrow(SottoError);
    expect(refused).toThrow(expect.objectContaining({ kind: "invalid", message: expect.stringMatching(/ is no server: .+\.$/) }));
  });
});
