/** Who is who: the lists and people that several screens show, from the query cache that the session keeps fresh. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSotto } from "../../app/session";
import { relationOf, type Lists, type Relation } from "./relation";

export const useFriends = () => {
  const sotto = useSotto();
  return useQuery({ queryKey: ["friends"], queryFn: () => sotto.friends() });
};

export const useRequests = () => {
  const sotto = useSotto();
  return useQuery({ queryKey: ["requests"], queryFn: () => sotto.friendRequests() });
};

export const useOutgoing = () => {
  const sotto = useSotto();
  return useQuery({ queryKey: ["outgoing"], queryFn: () => sotto.outgoingRequests() });
};

export const useBlocked = () => {
  const sotto = useSotto();
  return useQuery({ queryKey: ["blocked"], queryFn: () => sotto.blocked() });
};

/** A user with the state of the key. */
export const usePerson = (name: string) => {
  const sotto = useSotto();
  return useQuery({ queryKey: ["person", name], queryFn: () => sotto.person(name) });
};

/**
 * The same, asked for anew by each screen that opens: no event tells of the presence of strangers, nor that a key was pinned meanwhile.
 */
export const useFreshPerson = (name: string) => {
  const sotto = useSotto();
  return useQuery({ queryKey: ["person", name], queryFn: () => sotto.person(name), refetchOnMount: "always" });
};

/** How many people ask to be friends; 0 while that is not known. For the badge in the rail. */
export function useRequestCount(): number {
  return useRequests().data?.length ?? 0;
}

/** All four lists; empty where they are not loaded yet. */
export function useLists(): { readonly lists: Lists; readonly loaded: boolean } {
  const self = useSotto().username;
  const friends = useFriends().data;
  const requests = useRequests().data;
  const outgoing = useOutgoing().data;
  const blocked = useBlocked().data;
  return useMemo(
    () => ({
      lists: { self, friends: friends ?? [], requests: requests ?? [], outgoing: outgoing ?? [], blocked: blocked ?? [] },
      loaded: friends !== undefined && requests !== undefined && outgoing !== undefined && blocked !== undefined,
    }),
    [self, friends, requests, outgoing, blocked],
  );
}

/** How a user stands to this one; null while that is not known. */
export function useRelation(name: string): Relation | null {
  const { lists, loaded } = useLists();
  return loaded ? relationOf(name, lists) : null;
}
