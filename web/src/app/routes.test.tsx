/** Which path shows what. */

import { describe, expect, it } from "vitest";
import { placeOf } from "./routes";

describe("places", () => {
  it.each([
    ["/", "chats", true, "nothing"],
    ["/dm/7", "chats", false, "dm 7"],
    ["/dm/9007199254740991/details", "chats", false, "dm 9007199254740991"],
    ["/new", "chats", false, "new"],
    ["/people", "people", true, "nobody"],
    ["/people/requests", "people", true, "nobody"],
    ["/person/%C3%89lodie%20D", "people", false, "person Élodie D"],
    ["/person/ada/verify", "people", false, "verify ada"],
    ["/settings", "settings", true, "settings "],
    ["/settings/security", "settings", false, "settings security"],
  ])("%s", (path, section, listFirst, subject) => {
    expect(placeOf(path)).toMatchObject({ section, listFirst, subject });
  });
  it("has a third column for a chat's details only", () => {
    expect(placeOf("/dm/7/details")?.details).toBeDefined();
    expect(placeOf("/dm/7")?.details).toBeUndefined();
  });
  it("keeps the chat itself while its details open and close", () => {
    expect(placeOf("/dm/7")?.subject).toBe(placeOf("/dm/7/details")?.subject);
  });
  it.each([
    "/dm",
    "/dm/0",
    "/dm/x",
    "/dm/07",
    "/dm/7/other",
    "/new/x",
    "/people/a/b",
    "/person",
    "/person/a/b",
    "/settings/a/b",
    "/else",
  ])("%s is nowhere", (path) => expect(placeOf(path)).toBeNull());
  it("bears an address that is no UTF-8", () => {
    expect(placeOf("/person/%E0%A4%A")?.subject).toBe("person %E0%A4%A");
  });
});
