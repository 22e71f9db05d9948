/** Sentences for what went wrong. */

import { SottoError } from "@sotto/sdk";
import { describe, expect, it } from "vitest";
import { sentenceFor, waitingTime, type Deed } from "./sentences";

const refused = (code: string, retryAfter?: number): SottoError =>
  new SottoError("refused", "The server's own sentence", retryAfter === undefined ? { code } : { code, retryAfter });

describe("sentences", () => {
  it("say what a code means where it happened", () => {
    expect(sentenceFor(refused("not_friends"), "create")).toContain("Add each other first");
    expect(sentenceFor(refused("not_friends"), "unfriend")).toBe("You are not friends any more.");
    expect(sentenceFor(refused("unknown_code"), "add")).toBe("The server's own sentence.");
  });

  it("do not tell a block from a name that does not exist (R-502)", () => {
    const sentence = sentenceFor(refused("cannot_friend"), "add");
    expect(sentence).not.toMatch(/block|exist/u);
  });

  it("say how long to wait (R-104)", () => {
    expect(sentenceFor(refused("rate_limited", 1), "add")).toBe("That was too much at once. Try again in 1 second.");
    expect(waitingTime(89)).toBe("89 seconds");
    expect(waitingTime(3600)).toBe("60 minutes");
  });

  it("never claim that nothing was done where that is not known", () => {
    for (const kind of ["disconnected", "timeout"] as const) {
      expect(sentenceFor(new SottoError(kind, "gone"), "block")).toContain("Look whether it was done");
    }
  });

  it("show no inner workings of an error that is none of the SDK", () => {
    expect(sentenceFor(new TypeError("x is undefined"), "add")).toBe("That did not work. Try again.");
  });

  it("end as sentences do, for every deed", () => {
    const deeds: Deed[] = ["add", "answer", "unfriend", "block", "unblock", "open", "create", "key", "look", "save", "rename", "leave"];
    for (const deed of deeds) {
      for (const error of [refused("internal"), refused("x"), new SottoError("security", "No"), new SottoError("connect", "No"), 1]) {
        expect(sentenceFor(error, deed)).toMatch(/^[A-Z].*\.$/u);
      }
    }
  });
});
