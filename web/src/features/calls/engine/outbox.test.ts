/** The order, the joining and the pace of signals to one member. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SottoError } from "@sotto/sdk";
import { Outbox } from "./outbox";
import type { Signal } from "./signals";

const candidate = (name: string): Signal => ({ type: "candidates", candidates: [{ candidate: name }] });
const state = (mic: boolean): Signal => ({ type: "state", state: { mic, camera: false, screen: null } });

describe("outbox", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function outbox(answers: (() => Promise<void>)[] = []): { sent: Signal[]; failures: unknown[]; outbox: Outbox } {
    const sent: Signal[] = [];
    const failures: unknown[] = [];
    const host = {
      write: (signal: Signal) => [JSON.stringify(signal)],
      send: async (body: string) => {
        await answers.shift()?.();
        sent.push(JSON.parse(body) as Signal);
      },
      failed: (error: unknown) => void failures.push(error),
    };
    return { sent, failures, outbox: new Outbox(host) };
  }

  it("candidates that gather while another signal is under way go as one, and of states the last", async () => {
    const { sent, outbox: box } = outbox();
    for (const signal of [candidate("a"), candidate("b"), state(true), candidate("c"), state(false), candidate("d")]) box.push(signal);
    await vi.runAllTimersAsync();
    expect(sent).toEqual([
      candidate("a"),
      { type: "candidates", candidates: [{ candidate: "b" }, { candidate: "c" }] },
      state(false),
      candidate("d"),
    ]);
  });

  it("R-160: waits as long as the server says, and loses nothing", async () => {
    const limited = () => Promise.reject(new SottoError("refused", "Slower.", { code: "rate_limited", retryAfter: 3 }));
    const { sent, failures, outbox: box } = outbox([limited, limited]);
    box.push(state(true));
    await vi.advanceTimersByTimeAsync(5_999);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toEqual([state(true)]);
    expect(failures).toEqual([]);
  });

  it("a failure drops what waits and is told", async () => {
    const lost = new SottoError("disconnected", "Gone.");
    const { sent, failures, outbox: box } = outbox([() => Promise.reject(lost)]);
    box.push(candidate("a"));
    box.push(candidate("b"));
    await vi.runAllTimersAsync();
    expect([sent, failures]).toEqual([[], [lost]]);
    box.push(state(true));
    await vi.runAllTimersAsync();
    expect(sent).toEqual([state(true)]);
  });

  it("sends nothing more once closed, not even what waits for its time", async () => {
    const limited = () => Promise.reject(new SottoError("refused", "Slower.", { code: "rate_limited", retryAfter: 3 }));
    const { sent, failures, outbox: box } = outbox([limited]);
    box.push(state(true));
    await vi.advanceTimersByTimeAsync(10);
    box.close();
    box.push(state(false));
    await vi.runAllTimersAsync();
    expect([sent, failures]).toEqual([[], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
