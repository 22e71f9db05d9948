/** What a tab shows while its list is loaded, where that failed, and where it is empty. */

import type { UseQueryResult } from "@tanstack/react-query";
import { CloudOff } from "lucide-react";
import type { ReactNode } from "react";
import { Button, EmptyState, SkeletonRows } from "../../ui";
import { sentenceFor } from "./sentences";

/** The rows, once they are there; what was loaded before stays while it is read again. */
export function Loaded<T>({ query, what, children }: { query: UseQueryResult<T>; what: string; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error === null) return <SkeletonRows count={6} label={`Loading ${what}`} />;
  return (
    <EmptyState
      role="alert"
      icon={<CloudOff />}
      title={`Your ${what} could not be read`}
      actions={<Button isPending={query.isFetching} onPress={() => void query.refetch()}>Try again</Button>}
    >
      {sentenceFor(query.error, "look")}
    </EmptyState>
  );
}
