/** What can be done about one other user, with the lists changed at once where that is safe and set right again by the server. */

import type { Dm } from "@sotto/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useSotto } from "../../app/session";
import { chatWith } from "./open-chat";
import { withName, withoutName } from "./relation";
import { sentenceFor, type Deed } from "./sentences";

const LISTS = ["friends", "requests", "outgoing", "blocked"] as const;
type List = (typeof LISTS)[number];

/** One of the deeds, ready to do. */
export interface Action {
  readonly run: () => void;
  /** For those who must go on afterwards; rejects as the SDK does. */
  readonly runAsync: () => Promise<void>;
  readonly pending: boolean;
  /** What went wrong the last time, as a sentence. */
  readonly error: string | null;
  readonly reset: () => void;
}

type Step = (list: readonly string[] | undefined, name: string) => string[];

function useDeed(deed: Deed, name: string, done: () => Promise<void>, optimistic: Partial<Record<List, Step>>): Action {
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: done,
    onMutate: async () => {
      const before: (readonly [List, string[] | undefined])[] = [];
      for (const list of LISTS) {
        const step = optimistic[list];
        const known = client.getQueryData<string[]>([list]);
        if (step === undefined || known === undefined) continue;
        await client.cancelQueries({ queryKey: [list] });
        before.push([list, known]);
        client.setQueryData([list], step(known, name));
      }
      return before;
    },
    onError: (_error, _nothing, before) => {
      for (const [list, known] of before ?? []) client.setQueryData([list], known);
    },
    onSettled: async () => {
      const lists = LISTS.map((list) => client.invalidateQueries({ queryKey: [list] }));
      await Promise.all([...lists, client.invalidateQueries({ queryKey: ["person", name] })]);
    },
  });
  return {
    run: () => {
      mutation.mutate();
    },
    runAsync: () => mutation.mutateAsync(),
    pending: mutation.isPending,
    error: mutation.error === null ? null : sentenceFor(mutation.error, deed),
    reset: mutation.reset,
  };
}

/** Asks to be friends; lifts the user's own block. */
export function useAddFriend(name: string): Action {
  const sotto = useSotto();
  return useDeed("add", name, () => sotto.addFriend(name), { outgoing: withName, blocked: withoutName });
}

/** Answers a request; accepting lifts the user's own block. */
export function useAnswer(name: string, accept: boolean): Action {
  const sotto = useSotto();
  return useDeed("answer", name, () => sotto.answerFriend(name, accept), {
    requests: withoutName,
    ...(accept ? { friends: withName, blocked: withoutName } : {}),
  });
}

/** Ends a friendship. Asked about before, so it waits for the server. */
export function useUnfriend(name: string): Action {
  const sotto = useSotto();
  return useDeed("unfriend", name, () => sotto.unfriend(name), {});
}

/** Blocks; ends a friendship and the user's own request. Asked about before, so it waits for the server. */
export function useBlock(name: string): Action {
  const sotto = useSotto();
  return useDeed("block", name, () => sotto.block(name), {});
}

/** Lifts a block. */
export function useUnblock(name: string): Action {
  const sotto = useSotto();
  return useDeed("unblock", name, () => sotto.unblock(name), { blocked: withoutName });
}

/** Goes to the DM of two with a friend, which is made where there is none. */
export function useOpenChat(name: string): Action {
  const sotto = useSotto();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const mutation = useMutation({
    mutationFn: () => chatWith(sotto, name),
    onSuccess: async (id) => {
      if (client.getQueryData<Dm[]>(["dms"])?.every((dm) => dm.id !== id)) await client.invalidateQueries({ queryKey: ["dms"] });
      navigate(`/dm/${id}`);
    },
  });
  return {
    run: () => {
      mutation.mutate();
    },
    runAsync: async () => {
      await mutation.mutateAsync();
    },
    pending: mutation.isPending,
    error: mutation.error === null ? null : sentenceFor(mutation.error, "create"),
    reset: mutation.reset,
  };
}
