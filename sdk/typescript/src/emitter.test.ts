/** Listeners: told in order, and none harmed by another. */

import { afterEach, expect, it, vi } from "vitest";
import { Emitter } from "./emitter.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("tells events in order, also those told from within a listener", () => {
  const emitter = new Emitter<{ a: number; b: string }>();
  const seen: string[] = [];
  emitter.on("a", (n) => {
    seen.push(`first ${String(n)}`);
    if (n === 1) emitter.emit("b", "inner");
  });
  emitter.on("a", (n) => seen.push(`second ${String(n)}`));
  emitter.on("b", (text) => seen.push(text));
  emitter.emit("a", 1);
  emitter.emit("a", 2);
  expect(seen).toEqual(["first 1", "second 1", "inner", "first 2", "second 2"]);
});

it("stops telling whoever has unsubscribed, even in the midst", () => {
  const emitter = new Emitter<{ a: number }>();
  const seen: string[] = [];
  emitter.on("a", () => {
    stop();
  });
  const stop = emitter.on("a", () => seen.push("gone"));
  const twice = (): void => {
    seen.push("twice");
  };
  emitter.on("a", twice);
  const once = emitter.on("a", twice);
  emitter.emit("a", 1);
  once();
  emitter.emit("a", 2);
  expect(seen).toEqual(["twice", "twice", "twice"]);
});

it.each([true, false])("a listener that throws harms no other (reportError there: %s)", (there) => {
  const reported: unknown[] = [];
  vi.stubGlobal("reportError", there ? (error: unknown) => reported.push(error) : undefined);
  vi.spyOn(console, "error").mockImplementation((...args) => reported.push(args[1]));
  const emitter = new Emitter<{ a: number }>();
  const seen: number[] = [];
  const wrong = new Error("the app's mistake");
  emitter.on("a", () => {
    throw wrong;
  });
  emitter.on("a", (n) => seen.push(n));
  emitter.emit("a", 1);
  emitter.emit("a", 2);
  expect(seen).toEqual([1, 2]);
  expect(reported).toEqual([wrong, wrong]);
});
