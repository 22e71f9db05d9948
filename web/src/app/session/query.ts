/** The cache of what the server said, and how the SDK's events keep it true. */

import { QueryClient } from "@tanstack/react-query";
import type { Dm, Message, Person, Sotto } from "@sotto/sdk";

/** A cache for one session. Nothing goes stale by age: events and reconnects say what to read again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // The SDK waits, reconnects and repeats by itself, and answers from the device's store while offline.
      queries: {
        networkMode: "always",
        staleTime: Infinity,
        gcTime: 30 * 60_000,
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

/** Follows the events of a session; answers the function that stops it. What the user does on this device is told by whoever does it. */
export function followEvents(sotto: Sotto, client: QueryClient): () => void {
  const again = (...key: readonly (string | number)[]) => void client.invalidateQueries({ queryKey: key });
  const setDm = (dm: Dm) => {
    client.setQueryData<Dm>(["dm", dm.id], dm);
    client.setQueryData<Dm[]>(["dms"], (dms) => dms && [...dms.filter((each) => each.id !== dm.id), dm]);
  };
  const setLatest = (message: Message) => {
    client.setQueryData<Message | null>(["latest", message.dm], (known) =>
      known === undefined || known === null || known.id === message.id || known.timestamp < message.timestamp ? message : known,
    );
  };
  const ends = [
    // What is being asked right now is answered by this connection, and need not be asked twice.
    sotto.on("connected", () => void client.invalidateQueries({}, { cancelRefetch: false })),
    sotto.on("friendRequest", () => again("requests")),
    sotto.on("friendAnswer", () => {
      again("friends");
      again("outgoing");
    }),
    sotto.on("unfriended", () => again("friends")),
    sotto.on("profile", ({ user }) => {
      client.setQueryData<Person>(["person", user.username], (person) => person && { ...person, user });
      if (user.username === sotto.username) again("me");
    }),
    sotto.on("keyChanged", ({ username }) => again("person", username)),
    sotto.on("ownChange", ({ scope, dm }) => {
      if (scope === "dms") again("dms");
      else if (scope === "scheduled") again("scheduled", ...(dm === null ? [] : [dm]));
      else for (const key of ["friends", "requests", "outgoing", "blocked"]) again(key);
    }),
    sotto.on("invited", ({ dm }) => {
      setDm(dm);
      again("latest", dm.id);
    }),
    sotto.on("dmChanged", ({ dm }) => setDm(dm)),
    sotto.on("dmGone", ({ dm }) => {
      client.setQueryData<Dm[]>(["dms"], (dms) => dms?.filter((each) => each.id !== dm));
      for (const key of ["latest", "pinned", "scheduled"]) client.removeQueries({ queryKey: [key, dm] });
      // Where it is on the screen it is asked for again, and the answer is that it is gone.
      void client.resetQueries({ queryKey: ["dm", dm] });
    }),
    sotto.on("callJoined", ({ dm }) => again("dm", dm)),
    sotto.on("callLeft", ({ dm }) => again("dm", dm)),
    sotto.on("messageNew", ({ message }) => setLatest(message)),
    sotto.on("messageChanged", ({ message }) => {
      again("pinned", message.dm);
      client.setQueryData<Message | null>(["latest", message.dm], (known) => (known?.id === message.id ? message : known));
    }),
    sotto.on("messageDeleted", ({ dm, id }) => {
      if (dm === null) return;
      again("pinned", dm);
      if (client.getQueryData<Message | null>(["latest", dm])?.id === id) again("latest", dm);
    }),
    sotto.on("historyReset", ({ dm }) => {
      again("pinned", dm);
      again("latest", dm);
    }),
    sotto.on("scheduledSent", ({ dm }) => again("scheduled", dm)),
    sotto.on("scheduledFailed", ({ dm }) => again("scheduled", dm)),
  ];
  return () => ends.forEach((end) => end());
}
