/** What stands where something is not here yet: its shape while it comes, or why it does not come. */

import { CloudOff } from "lucide-react";
import type { ReactNode } from "react";
import { useConnection } from "../../app/session";
import { Button, EmptyState } from "../../ui";
import { sentenceFor } from "./sentences";

/** Properties of {@link Unloaded}. */
export interface UnloadedProps {
  readonly query: { readonly error: Error | null; readonly isFetching: boolean; readonly refetch: () => Promise<unknown> };
  /** What failed, as a sentence without its stop. */
  readonly title: string;
  /** While it is being loaded: its shape. */
  readonly children: ReactNode;
}

/** For a query that has no data. */
export function Unloaded({ query, title, children }: UnloadedProps) {
  const offline = useConnection() === "offline";
  if (query.error === null && !offline) return children;
  if (offline) {
    return (
      <EmptyState role="status" icon={<CloudOff />} title="Not kept on this device">
        It appears as soon as the server is there again.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      role="alert"
      icon={<CloudOff />}
      title={title}
      actions={
        <Button isPending={query.isFetching} onPress={() => void query.refetch()}>
          Try again
        </Button>
      }
    >
      {sentenceFor(query.error, "look")}
    </EmptyState>
  );
}
