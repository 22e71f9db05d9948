/** What calls say. */

import { describe, expect, it } from "vitest";
import type { CallSnapshot, Participant } from "./engine/call-snapshot";
import { changesBetween, duration, endingOf, problemOf, standing } from "./sentences";

const person = (username: string, more: Partial<Participant> = {}): Participant => ({
  username,
  link: "connected",
  trouble: false,
  mic: true,
  camera: false,
  stream: null,
  screen: null,
  ...more,
});
const call = (people: readonly Participant[], more: Partial<CallSnapshot> = {}): CallSnapshot => ({
  dm: 7,
  phase: "live",
  since: 0,
  own: { mic: "on", camera: "off", sharing: "off", preview: null, screen: null, micTrack: null, problem: null },
  people,
  relay: false,
  end: null,
  ...more,
});

describe("sentences", () => {
  it("durations", () => {
    expect([-5, 0, 7_900, 187_000, 3_765_000].map(duration)).toEqual(["0:00", "0:00", "0:07", "3:07", "1:02:45"]);
  });

  it("how a call stands", () => {
    expect(standing(call([]), "bob")).toBe("Waiting for others");
    expect(standing(call([person("bob"), person("carol", { link: "connecting" })]), "bob")).toBe("With bob and carol");
    expect(standing(call([person("bob")]), "bob")).toBe("Connected");
    expect(standing(call([person("bob")]), "Sailing")).toBe("With bob");
    expect(standing(call([person("bob", { link: "connecting" })]), "bob")).toBe("Connecting …");
    expect(standing(call([person("bob", { link: "reconnecting" })]), "bob")).toBe("Reconnecting …");
    expect(standing(call([person("bob")], { phase: "reconnecting" }), "bob")).toBe("Reconnecting to the server …");
  });

  it("who comes, goes and shares is said once", () => {
    const screen = {} as MediaStream;
    expect(changesBetween(call([]), call([person("bob")]))).toEqual(["bob is in the call"]);
    expect(changesBetween(call([person("bob")]), call([person("bob", { screen, mic: false })]))).toEqual(["bob shares the screen"]);
    expect(changesBetween(call([person("bob", { screen })]), call([person("bob")]))).toEqual(["bob stopped sharing"]);
    expect(changesBetween(call([person("bob")]), call([]))).toEqual(["bob left the call"]);
    expect(changesBetween(call([]), call([], { phase: "reconnecting" }))).toEqual(["The server is out of reach; reconnecting"]);
    expect(changesBetween(call([]), call([]))).toEqual([]);
    const { own } = call([]);
    expect(changesBetween(call([]), call([], { own: { ...own, mic: "muted", camera: "on", sharing: "on" } }))).toEqual([
      "Microphone muted",
      "Camera on",
      "You share your screen",
    ]);
    expect(changesBetween(call([]), call([], { own: { ...own, camera: "asking" } }))).toEqual([]);
  });

  it("every problem says what to do", () => {
    for (const slot of ["mic", "camera", "screen"] as const) {
      for (const why of ["denied", "missing", "busy", "insecure"] as const) {
        const { title, text } = problemOf({ slot, why });
        expect([title.length > 0, /\.$/.test(text)]).toEqual([true, true]);
      }
    }
  });

  it("only an end that is not the user's own doing is told", () => {
    expect(endingOf({ reason: "left", sentence: null })).toBeNull();
    expect(endingOf({ reason: "failed", sentence: "You are not friends." })).toBe("The call could not go on. You are not friends.");
  });
});
