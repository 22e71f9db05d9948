/** Long computations give way to others in between, and are the same whether they do or not. */

import { describe, expect, it } from "vitest";
import { type Steps, atOnce, unhurried } from "../../src/crypto/steps.js";
import { groupOf, invitationFor } from "./world.js";
import { GroupContext } from "../../src/crypto/group-context.js";
import { receiveGroup } from "../../src/crypto/group.js";
import { NO_PINS } from "../../src/crypto/bundle.js";
import { NOTHING_KNOWN } from "./world.js";

function* counting(log: string[]): Steps<string> {
  for (let i = 0; i < 10; i++) {
    log.push(`step ${i}`);
    yield 4;
  }
  return "done";
}

describe("steps", () => {
  it("run without a pause, or with one after every few", async () => {
    expect(atOnce(counting([]))).toBe("done");
    const log: string[] = [];
    const other = new Promise<void>((resolve) => setTimeout(() => { log.push("other"); resolve(); }));
    expect(await unhurried(counting(log))).toBe("done");
    await other;
    expect(log.indexOf("other")).toBeGreaterThan(log.indexOf("step 3"));
    expect(log.indexOf("other")).toBeLessThan(log.indexOf("step 9"));
  });

  it("end where a step throws", async () => {
    function* failing(): Steps<string> {
      yield 1;
      throw new Error("no");
    }
    await expect(unhurried(failing())).rejects.toThrow("no");
    expect(() => atOnce(failing())).toThrow("no");
  });

  it("C-205: make, join and restore a group of 256", async () => {
    const group = await groupOf(256);
    expect(group.created.keyTree).toHaveLength(510);
    const last = group.people[255];
    if (last === undefined) throw new Error("256 people");
    const { context } = await receiveGroup(last, invitationFor(group, 255), NO_PINS, NOTHING_KNOWN);
    expect(context.secret.equals(group.created.context.secret)).toBe(true);
    expect((await GroupContext.restore(group.created.info, context.giHash, context.secret)).roster).toHaveLength(256);
  });
});
