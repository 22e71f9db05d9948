/** What a tab shows while its list is loaded, where that failed, and where it is empty. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { SkeletonRows } from "../../ui";
import { Unloaded } from "./Unloaded";

/** The rows, once they are there; what was loaded before stays while it is read again. */
export function Loaded<T>({ query, what, children }: { query: UseQueryResult<T>; what: string; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  return (
    <Unloaded query={query} title={`Your ${what} could not be read`}>
      <SkeletonRows count={6} label={`Loading ${what}`} />
    </Unloaded>
  );
}
