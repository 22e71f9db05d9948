/** What the parts of the interface decide by themselves. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { act, cleanup, render, screen } from "@testing-library/react";
import {
  announce,
  Avatar,
  Badge,
  clock,
  COLOURS,
  colourOf,
  confirm,
  ConfirmRegion,
  dayName,
  fullWhen,
  initials,
  LiveRegion,
  momentOf,
  presenceOf,
  safePicture,
  shortWhen,
} from ".";

afterEach(cleanup);

describe("pictures", () => {
  it("are shown only if they carry their bytes, in a form that runs nothing", () => {
    const good = "data:image/webp;base64,UklGRg==";
    expect(safePicture(good)).toBe(good);
    for (const bad of [
      null,
      undefined,
      "",
      "https://elsewhere.example/a.png",
      "//elsewhere.example/a.png",
      "data:image/svg+xml;base64,PHN2Zz4=",
      "data:text/html;base64,PGI+",
      "data:image/png,raw",
      "data:image/png;base64,aa\u0022 onerror=",
      "javascript:alert(1)",
      " data:image/png;base64,aaaa",
    ]) {
      expect(safePicture(bad)).toBeNull();
    }
  });
  it("leave initials where there is none", () => {
    const { container, rerender } = render(<Avatar name="Élodie du Châtelet" picture="https://elsewhere.example/a.png" />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toBe("ÉC");
    rerender(<Avatar name="x" picture="data:image/png;base64,aaaa" />);
    expect(container.querySelector("img")?.getAttribute("src")).toBe("data:image/png;base64,aaaa");
  });
});

describe("names", () => {
  it.each([
    ["ada", "A"],
    ["Ada Lovelace", "AL"],
    ["jean.luc_picard", "JP"],
    ["王小明", "王"],
    ["👩‍🚀", "👩‍🚀"],
    ["", "?"],
  ])("%s has the initials %s", (name, letters) => expect(initials(name)).toBe(letters));
  it("have a colour that stays, and all colours are used", () => {
    expect(colourOf("ada")).toBe(colourOf("ada"));
    expect(new Set(Array.from({ length: 200 }, (_, n) => colourOf(`user${n}`))).size).toBe(COLOURS);
  });
  it("R-211: any status of someone who is there counts as online", () => {
    expect(["offline", "away", "busy", "online", "at sea"].map(presenceOf)).toEqual(["offline", "away", "busy", "online", "online"]);
  });
});

describe("R-114: timestamps are UTC without a suffix", () => {
  it("are read so, whatever the reader's zone", () => {
    expect(momentOf("2023-07-22T01:58:59.123456").toISOString()).toBe("2023-07-22T01:58:59.123Z");
    expect(momentOf("2023-07-22T01:58:59Z").toISOString()).toBe("2023-07-22T01:58:59.000Z");
  });
  it("become days by the calendar, not by hours", () => {
    const now = new Date(2026, 10, 20, 0, 30);
    expect(dayName(new Date(2026, 10, 20, 23, 59), now)).toBe("Today");
    expect(dayName(new Date(2026, 10, 19, 23, 59), now)).toBe("Yesterday");
    expect(dayName(new Date(2026, 10, 21, 0, 1), now)).toBe("Tomorrow");
    expect(dayName(new Date(2026, 10, 14, 12), now)).toBe(
      new Intl.DateTimeFormat(undefined, { weekday: "long" }).format(new Date(2026, 10, 14)),
    );
    expect(dayName(new Date(2026, 10, 13, 12), now)).not.toContain("2026");
    expect(dayName(new Date(2025, 10, 20, 12), now)).toContain("2025");
    expect(shortWhen(new Date(2026, 10, 20, 0, 5), now)).toBe(clock(new Date(2026, 10, 20, 0, 5)));
    expect(fullWhen(new Date(2025, 10, 20, 12))).toContain("2025");
  });
});

describe("numbers", () => {
  it("stop at 99+, and nothing is shown for none", () => {
    const { container, rerender } = render(<Badge count={0} />);
    expect(container.textContent).toBe("");
    rerender(<Badge count={100} label="100 unread messages" />);
    expect(screen.getByRole("img", { name: "100 unread messages" }).textContent).toBe("99+");
  });
});

describe("what is said to screen readers", () => {
  it("changes even where the same is said twice", () => {
    const { container } = render(<LiveRegion />);
    const said = () => [...container.querySelectorAll("[aria-live=polite]")].map((each) => each.textContent);
    act(() => announce("One message"));
    const first = said();
    expect(first).toContain("One message");
    act(() => announce("One message"));
    expect(said()).toContain("One message");
    expect(said()).not.toEqual(first);
  });
});

describe("questions", () => {
  it("are answered by their buttons", async () => {
    render(<ConfirmRegion />);
    const answered = vi.fn();
    act(() => void confirm({ title: "Leave?", text: "It cannot be undone.", action: "Leave", danger: true }).then(answered));
    const dialog = await screen.findByRole("alertdialog", { name: "Leave?" });
    expect(dialog.textContent).toContain("It cannot be undone.");
    await act(async () => screen.getByRole("button", { name: "Leave" }).click());
    expect(answered).toHaveBeenCalledExactlyOnceWith(true);
    expect(screen.queryByRole("alertdialog")).toBeNull();
  });
  it("are no when another one comes", async () => {
    render(<ConfirmRegion />);
    const first = vi.fn();
    act(() => void confirm({ title: "First?", text: "", action: "Do" }).then(first));
    await act(async () => void confirm({ title: "Second?", text: "", action: "Do" }));
    expect(first).toHaveBeenCalledExactlyOnceWith(false);
    await act(async () => screen.getByRole("button", { name: "Cancel" }).click());
  });
});
