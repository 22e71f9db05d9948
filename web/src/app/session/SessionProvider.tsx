/** Gives the open session and its cache to everything inside. */

import { useEffect, useState, type ReactNode } from "react";
import { QueryClientProvider } from "@tanstack/react-query";
import type { Sotto } from "@sotto/sdk";
import { rememberEnding, SottoContext } from "./hooks";
import { followEvents, makeQueryClient } from "./query";

/** One cache for one session: give it a `key` that changes with the account. */
export function SessionProvider({ sotto, children }: { sotto: Sotto; children: ReactNode }) {
  const [client] = useState(makeQueryClient);
  useEffect(() => followEvents(sotto, client), [sotto, client]);
  useEffect(() => sotto.on("ended", ({ error }) => rememberEnding(sotto, error)), [sotto]);
  return (
    <SottoContext value={sotto}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </SottoContext>
  );
}
