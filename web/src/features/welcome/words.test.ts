/** Recovery words on the screen. */

import { describe, expect, it } from "vitest";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { completions, drawPlaces, splitWords, unfinished, unknownWords, wordFits, wordsFile } from "./words";

const WORDS = wordlist.slice(100, 124);

describe("C-106: words in any case and any white space", () => {
  it("reads a pasted list with numbers, tabs and capitals", () => {
    expect(splitWords(" 1. Abandon\t2) ability\n\n3  ABLE ")).toEqual(["abandon", "ability", "able"]);
  });
  it("reads back the file that it offers, as a block", () => {
    const file = wordsFile(WORDS, "alice", "https://sotto.example");
    const rows = file.split("\n").filter((line) => /^\s?\d/.test(line));
    expect(rows).toHaveLength(6);
    expect(splitWords(rows.join("\n"))).toEqual(WORDS);
    expect(file).toContain("alice");
    expect(file).toContain("https://sotto.example");
  });
});

describe("asking for words", () => {
  it("draws different places, in order, from the whole range", () => {
    const seen = new Set<number>();
    for (let round = 0; round < 400; round += 1) {
      const places = drawPlaces(24, 3);
      expect(new Set(places).size).toBe(3);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
      for (const place of places) seen.add(place);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, place) => place));
  });
  it("takes what chance says", () => {
    expect(drawPlaces(24, 3, () => 0)).toEqual([0, 1, 2]);
    expect(drawPlaces(24, 3, (limit) => limit - 1)).toEqual([21, 22, 23]);
  });
  it("accepts the word at its place only", () => {
    const word = WORDS[4] ?? "";
    expect(wordFits(WORDS, 4, ` ${word.toUpperCase()} `)).toBe(true);
    expect(wordFits(WORDS, 5, word)).toBe(false);
    expect(wordFits(WORDS, 4, `${word} ${word}`)).toBe(false);
    expect(wordFits(WORDS, 4, "")).toBe(false);
  });
});

describe("completing", () => {
  it("offers words for the beginning that is being typed", () => {
    expect(unfinished("abandon abil")).toBe("abil");
    expect(unfinished("abandon ")).toBe("");
    expect(completions("abil", wordlist)).toEqual(["ability"]);
    expect(completions("ability", wordlist)).toEqual([]);
    expect(completions("act", wordlist)).toEqual(["act", "action", "actor", "actress"]);
    expect(completions("", wordlist)).toEqual([]);
  });
  it("names finished words that are not in the list, and leaves the one being typed", () => {
    const list = new Set(wordlist);
    expect(unknownWords("abandon abandno abil", list)).toEqual(["abandno"]);
    expect(unknownWords("abandon abil ", list)).toEqual(["abil"]);
  });
});
