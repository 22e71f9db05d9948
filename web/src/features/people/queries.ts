/** Who is who: the lists and people that several screens show, from the query cache that the session keeps fresh. */

import { useQuery } from "@tanstack/react-query";
import { useSotto } from "../../app/session";
import { relationOf, type Relation } from "./relation";

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

/** How a user stands to this one; null while that is not known. */
export function useRelation(name: string): Relation | null {
  return relationOf(name, {
    self: useSotto().username,
    friends: useFriends().data,
    requests: useRequests().data,
    outgoing: useOutgoing().data,
    blocked: useBlocked().data,
  });
}
