/** What is shown where drawing a part of the page failed: a sentence and a way on. */

import { Component, type ReactNode } from "react";
import { TriangleAlert } from "lucide-react";
import { Button, EmptyState } from "../ui";

interface Props {
  /** When this changes, the part is tried again. */
  readonly subject: string;
  /** Shows nothing in its place: for what draws nothing most of the time. */
  readonly silent?: boolean;
  readonly children: ReactNode;
}

interface State {
  readonly error: Error | null;
  readonly subject: string;
}

// A chunk of an older build is gone from the server after an update: only loading the page anew helps.
const isStale = (error: Error) => /dynamically imported module|module script failed|error loading/i.test(error.message);

/** Keeps a failure to its own column. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, subject: this.props.subject };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error instanceof Error ? error : new Error("Something went wrong.") };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.subject === state.subject ? null : { error: null, subject: props.subject };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    if (this.props.silent) return null;
    const stale = isStale(error);
    return (
      <EmptyState
        role="alert"
        icon={<TriangleAlert />}
        title={stale ? "A part of Sotto could not be loaded" : "This could not be shown"}
        actions={
          <Button variant="primary" onPress={() => (stale ? location.reload() : this.setState({ error: null }))}>
            {stale ? "Load the page again" : "Try again"}
          </Button>
        }
      >
        {stale ? "Sotto was updated, or the connection was lost." : "Something went wrong in this part of the page. The rest goes on."}
      </EmptyState>
    );
  }
}
