/** Numbers and keys for a reader. */

import { expect, it } from "vitest";
import { bytesText, grouped } from "./format";

it("writes sizes in decimal units", () => {
  expect(bytesText(0, "en-GB")).toBe("0 B");
  expect(bytesText(999, "en-GB")).toBe("999 B");
  expect(bytesText(1000, "en-GB")).toBe("1 kB");
  expect(bytesText(41_234, "en-GB")).toBe("41.2 kB");
  expect(bytesText(999_960, "en-GB")).toBe("1 MB");
  expect(bytesText(123_456_789, "en-GB")).toBe("123 MB");
  expect(bytesText(5e12, "en-GB")).toBe("5,000 GB");
});

it("cuts keys into groups that lose nothing", () => {
  const key = "0123456789abcdef".repeat(4);
  expect(grouped(key, 4)).toHaveLength(16);
  expect(grouped(key, 4).join("")).toBe(key);
  expect(grouped("abcde", 4)).toEqual(["abcd", "e"]);
});
