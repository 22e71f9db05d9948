/** The form of call signals: what is written is read, whatever its length, and nothing else is. */

import { describe, expect, it } from "vitest";
import { BODY_LIMIT, LetterReader, writeLetter, type Letter, type Signal } from "./signals";

const bytes = (text: string): number => new TextEncoder().encode(text).length;

function pass(letter: Letter): Letter | null {
  const reader = new LetterReader();
  const read = writeLetter(letter).map((body) => reader.read(body));
  expect(read.slice(0, -1).every((one) => one === null)).toBe(true);
  return read.at(-1) ?? null;
}

const signals: Signal[] = [
  { type: "offer", id: 3, sdp: "v=0\r\n" },
  { type: "answer", re: 3, sdp: "v=0\r\n" },
  { type: "candidates", candidates: [{ candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "x" }, null] },
  { type: "state", state: { mic: true, camera: false, screen: "s" } },
  { type: "bye" },
];

describe("letters", () => {
  it.each(signals)("$type is read as it was written", (signal) => {
    expect(pass({ from: "a", to: "b", signal })).toEqual({ from: "a", to: "b", signal });
    expect(pass({ from: "a", to: null, signal })).toEqual({ from: "a", to: null, signal });
  });

  it("C-310: long descriptions go in parts that each fit, cut anywhere", () => {
    for (const unit of ["a=rtpmap:96 VP8/90000\r\n", "💬\"\\\u0001", "ü"]) {
      for (const length of [15_900, 16_204, 60_000]) {
        const signal: Signal = { type: "offer", id: 1, sdp: unit.repeat(Math.ceil(length / unit.length)) };
        const bodies = writeLetter({ from: "a", to: null, signal });
        expect(Math.max(...bodies.map(bytes))).toBeLessThanOrEqual(BODY_LIMIT);
        expect(bodies.some((body) => /\p{Surrogate}/u.test(body))).toBe(false);
        expect(pass({ from: "a", to: null, signal })?.signal).toEqual(signal);
      }
    }
  });

  it("a body of exactly the limit goes whole", () => {
    const sdp = (length: number): string[] => writeLetter({ from: "a", to: null, signal: { type: "offer", id: 1, sdp: "x".repeat(length) } });
    const room = BODY_LIMIT - bytes(sdp(0)[0] ?? "");
    expect(sdp(room)).toHaveLength(1);
    expect(sdp(room + 1).length).toBeGreaterThan(1);
  });

  it("parts that miss one, or are of two letters, make none", () => {
    const long = (id: number): string[] => writeLetter({ from: "a", to: null, signal: { type: "offer", id, sdp: "x".repeat(20_000) } });
    const [one, two] = [long(1), long(2)];
    const reader = new LetterReader();
    expect([one[0], one[2], one[3], one[4]].map((body) => reader.read(body ?? ""))).toEqual([null, null, null, null]);
    expect([one[0], two[1], one[2]].map((body) => reader.read(body ?? ""))).toEqual([null, null, null]);
    // And the reader still reads what comes after.
    expect(two.map((body) => reader.read(body)).at(-1)?.signal).toMatchObject({ id: 2 });
  });

  it.each([
    "",
    "no JSON",
    "[]",
    "null",
    '{"v":2,"from":"a","type":"bye"}',
    '{"from":"a","type":"bye"}',
    '{"v":1,"type":"bye"}',
    '{"v":1,"from":"a","type":"wave"}',
    '{"v":1,"from":"a","type":"offer","id":-1,"sdp":""}',
    '{"v":1,"from":"a","type":"offer","id":1,"sdp":7}',
    '{"v":1,"from":"a","type":"candidates","candidates":{}}',
    '{"v":1,"from":"a","id":"x","part":0,"of":33,"data":""}',
    `{"v":1,"from":"a","type":"candidates","candidates":[${Array(129).fill("null").join(",")}]}`,
  ])("%j is no letter", (body) => {
    expect(new LetterReader().read(body)).toBeNull();
  });

  it("what is no candidate among candidates is left out", () => {
    const body = '{"v":1,"from":"a","type":"candidates","candidates":[{"candidate":1},{"candidate":"c","sdpMid":2},7]}';
    expect(new LetterReader().read(body)?.signal).toEqual({ type: "candidates", candidates: [{ candidate: "c" }] });
  });
});
