/** The session as hooks: the open `Sotto`, its connection, its events, the user's own profile. */

import { createContext, useContext, useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { ConnectionState, Sotto, SottoError, SottoEvents, protocol } from "@sotto/sdk";
import { sessionState, watchSession, type SessionState } from "./session";

/** Holds the open session; `SessionProvider` fills it. */
export const SottoContext = createContext<Sotto | null>(null);

/** Where the log-in stands. */
export function useSession(): SessionState {
  return useSyncExternalStore(watchSession, sessionState);
}

/** The live session. Only inside the shell, where somebody is logged in. */
export function useSotto(): Sotto {
  const sotto = useContext(SottoContext);
  if (!sotto) throw new Error("useSotto is for components inside the session");
  return sotto;
}

/** Where the connection stands. */
export function useConnection(): ConnectionState {
  const sotto = useSotto();
  return useSyncExternalStore(
    (changed) => {
      const ends = [sotto.on("connected", changed), sotto.on("disconnected", changed), sotto.on("ended", changed)];
      return () => ends.forEach((end) => end());
    },
    () => sotto.state,
  );
}

/** Listens to an event of the session while the component is there; the listener may change with every render. */
export function useSottoEvent<E extends keyof SottoEvents>(event: E, listener: (payload: SottoEvents[E]) => void): void {
  const sotto = useSotto();
  const latest = useEffectEvent(listener);
  useEffect(() => sotto.on(event, (payload) => latest(payload)), [sotto, event]);
}

const endings = new WeakMap<Sotto, SottoError>();

/** Remembers why a session ended, for {@link useEnding}. */
export function rememberEnding(sotto: Sotto, error: SottoError): void {
  endings.set(sotto, error);
}

/** Why the connection will not be made again, once it is so. */
export function useEnding(): SottoError | null {
  const sotto = useSotto();
  return useConnection() === "ended" ? (endings.get(sotto) ?? null) : null;
}

/** The user's own profile. */
export function useMe(): UseQueryResult<protocol.FullUser> {
  const sotto = useSotto();
  return useQuery({ queryKey: ["me"], queryFn: () => sotto.me() });
}
