/** The lists of people as one uses them: changed at once, set right by the server, with what failed beside it. */

import { SottoError, type Person, type Sotto } from "@sotto/sdk";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryLocation } from "wouter/memory-location";
import { Router } from "wouter";
import { SottoContext } from "../../app/session/hooks";
import { NewDmScreen } from "../new-dm";
import { PeopleScreen } from "./PeopleScreen";

afterEach(cleanup);

const person = (username: string): Person => ({
  user: { username, public_key: "", spk: "00".repeat(50), sig: "", status: "online", biography: "", profile_picture: "" },
  key: { state: "unknown" },
});
const refused = (code: string): SottoError => new SottoError("refused", "No.", { code });

/** A session with lists of its own; `more` replaces what a test is about. */
function open(path: string, more: Partial<Sotto>, lists: { friends?: string[]; requests?: string[]; outgoing?: string[] } = {}) {
  const sotto = {
    username: "me",
    on: () => () => undefined,
    friends: vi.fn(() => Promise.resolve(lists.friends ?? [])),
    friendRequests: () => Promise.resolve(lists.requests ?? []),
    outgoingRequests: () => Promise.resolve(lists.outgoing ?? []),
    blocked: () => Promise.resolve([]),
    dms: () => Promise.resolve([]),
    person: (name: string) => Promise.resolve(person(name)),
    people: ({ prefix = "", after = "" }: { prefix?: string; after?: string }) =>
      Promise.resolve(["ann", "annabel", "me"].filter((name) => name.startsWith(prefix) && name > after).map((name) => person(name).user)),
    ...more,
  } as unknown as Sotto;
  const location = memoryLocation({ path, record: true });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  const tab = path.split("/")[2] ?? null;
  render(
    <SottoContext value={sotto}>
      <QueryClientProvider client={client}>
        <Router hook={location.hook}>{path === "/new" ? <NewDmScreen /> : <PeopleScreen tab={tab} selected={null} />}</Router>
      </QueryClientProvider>
    </SottoContext>,
  );
  return { sotto, history: location.history };
}

describe("asking to be friends", () => {
  it("shows at once that somebody is asked, and takes it back where the server refuses (R-502)", async () => {
    let refuse: (error: Error) => void = () => undefined;
    open("/people/find", {
      addFriend: () =>
        new Promise((_resolve, reject) => {
          refuse = reject;
        }),
    });
    fireEvent.click(await screen.findByRole("button", { name: "Ask ann to be friends" }));
    const row = screen.getByRole("row", { name: "ann" });
    await within(row).findByText("Asked");
    refuse(refused("cannot_friend"));
    expect((await within(row).findByRole("alert")).textContent).toContain("cannot be added");
    within(row).getByRole("button", { name: "Ask ann to be friends" });
  });

  it("lists everybody but oneself, and offers a name that is not listed", async () => {
    const addFriend = vi.fn(() => Promise.resolve());
    open("/people/find", { addFriend });
    await screen.findByRole("row", { name: "annabel" });
    expect(screen.queryByRole("row", { name: "me" })).toBeNull();
    fireEvent.change(screen.getByRole("searchbox", { name: "Search by name" }), { target: { value: "Zed" } });
    fireEvent.click(await screen.findByRole("button", { name: "Ask «Zed»" }));
    await waitFor(() => {
      expect(addFriend).toHaveBeenCalledExactlyOnceWith("Zed");
    });
  });
});

describe("answering a request", () => {
  it("leaves the row where it was, with what became of it", async () => {
    const lists = { requests: ["ann", "bob"] };
    const answerFriend = vi.fn((name: string) => {
      lists.requests = lists.requests.filter((other) => other !== name);
      return Promise.resolve();
    });
    open("/people/requests", { answerFriend, friendRequests: () => Promise.resolve([...lists.requests]) });
    fireEvent.click(await screen.findByRole("button", { name: "Decline ann" }));
    await within(screen.getByRole("row", { name: "ann" })).findByText("Not friends");
    expect(answerFriend).toHaveBeenCalledExactlyOnceWith("ann", false);
    screen.getByRole("button", { name: "Accept bob" });
  });

  it("says what went wrong beside the name", async () => {
    open("/people/requests", { answerFriend: () => Promise.reject(refused("internal")) }, { requests: ["ann"] });
    fireEvent.click(await screen.findByRole("button", { name: "Accept ann" }));
    expect((await within(screen.getByRole("row", { name: "ann" })).findByRole("alert")).textContent).toBe("The server failed.");
  });
});

describe("a new chat", () => {
  it("R-301 is put together by the keyboard alone and gets a sealed name", async () => {
    const createDm = vi.fn(() => Promise.resolve({ id: 7 } as Awaited<ReturnType<Sotto["createDm"]>>));
    const { history } = open("/new", { createDm }, { friends: ["ann", "bob", "cy"] });
    await screen.findByRole("option", { name: /^bob\b/u });
    const search = screen.getByRole("searchbox", { name: "Search people" });
    for (const typed of ["bo", "cy", "an"]) {
      fireEvent.change(search, { target: { value: typed } });
      fireEvent.keyDown(search, { key: "Enter" });
    }
    fireEvent.keyDown(search, { key: "Backspace" });
    expect(screen.getAllByRole("button", { name: /^Take .* out$/u }).map((chip) => chip.textContent)).toEqual(["bob", "cy"]);
    fireEvent.change(screen.getByRole("textbox", { name: "Group name" }), { target: { value: "  Book   club " } });
    fireEvent.click(screen.getByRole("button", { name: "Create group of 3" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/dm/7");
    });
    expect(createDm).toHaveBeenCalledExactlyOnceWith(["bob", "cy"], "Book club");
  });

  it("R-309 of two is for friends: a stranger is asked first", async () => {
    open("/new", {}, { friends: ["bob"] });
    await screen.findByRole("option", { name: /^bob\b/u });
    fireEvent.change(screen.getByRole("searchbox", { name: "Search people" }), { target: { value: "annab" } });
    fireEvent.click(await screen.findByRole("option", { name: /^annabel\b/u }));
    expect(screen.getByRole("status").textContent).toContain("A chat of two is for friends.");
    expect(screen.queryByRole("button", { name: /^Chat with/u })).toBeNull();
  });

  it("R-310 says who may have refused, and goes on without", async () => {
    open("/new", { createDm: () => Promise.reject(refused("cannot_invite")) }, { friends: ["bob", "cy"] });
    fireEvent.click(await screen.findByRole("option", { name: /^bob\b/u }));
    fireEvent.click(screen.getByRole("option", { name: /^cy\b/u }));
    fireEvent.change(screen.getByRole("searchbox", { name: "Search people" }), { target: { value: "annab" } });
    fireEvent.click(await screen.findByRole("option", { name: /^annabel\b/u }));
    fireEvent.click(screen.getByRole("button", { name: "Create group of 4" }));
    expect((await screen.findByRole("alert")).textContent).toContain("annabel does not take your invitation");
    fireEvent.click(screen.getByRole("button", { name: "Go on without" }));
    await screen.findByRole("button", { name: "Create group of 3" });
  });
});
