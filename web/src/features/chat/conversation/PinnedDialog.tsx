/** The pinned messages of a DM. */

import { useRef } from "react";
import { useQuery } from "@tanstack/react-query";
import { ArrowUpRight, PinOff } from "lucide-react";
import type { Message } from "@sotto/sdk";
import { sentenceOf, useSotto } from "../../../app/session";
import { Button, Dialog, EmptyState, IconButton, momentOf, shortWhen, SkeletonRows } from "../../../ui";
import { oneLine } from "../model/names";
import type { MessageActions } from "./actions";
import styles from "./panels.module.css";

/** The pinned messages, as a query. */
export function usePinned(dm: number) {
  const sotto = useSotto();
  return useQuery({ queryKey: ["pinned", dm], queryFn: () => sotto.pinned(dm) });
}

/** Properties of {@link PinnedDialog}. */
export interface PinnedDialogProps {
  readonly dm: number;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onJump: (message: Message) => void;
  readonly actions: MessageActions;
}

/** Each leads to its place, and can be unpinned. */
export function PinnedDialog({ isOpen, onClose, ...rest }: PinnedDialogProps) {
  const body = useRef<HTMLDivElement>(null);
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Pinned messages">
      {/* Takes the focus from an entry that is about to go, so that it stays in the window. */}
      <div ref={body} tabIndex={-1} className={styles.body}>
        <Pinned {...rest} leaving={() => body.current?.focus()} />
      </div>
    </Dialog>
  );
}

function Pinned({ dm, onJump, actions, leaving }: Pick<PinnedDialogProps, "dm" | "onJump" | "actions"> & { readonly leaving: () => void }) {
  const me = useSotto().username;
  const pinned = usePinned(dm);
  if (pinned.isPending) return <SkeletonRows count={2} />;
  if (pinned.isError) {
    return (
      <EmptyState
        role="alert"
        fill={false}
        title="The pinned messages could not be read"
        actions={<Button onPress={() => void pinned.refetch()}>Try again</Button>}
      >
        {sentenceOf(pinned.error)}
      </EmptyState>
    );
  }
  if (pinned.data.length === 0) {
    return (
      <EmptyState fill={false} title="Nothing is pinned">
        Pin a message from its menu, and everyone here finds it again.
      </EmptyState>
    );
  }
  return (
    <ul className={styles.list}>
      {pinned.data.map((message) => (
        <li key={message.id} className={styles.entry}>
          <div className={styles.text}>
            <p className={styles.head}>
              <bdi>{message.sender === me ? "You" : message.sender}</bdi> <span>{shortWhen(momentOf(message.timestamp))}</span>
            </p>
            <p className={styles.preview} dir="auto">
              {message.content.ok ? oneLine(message.content.value.text) : message.content.why.sentence}
            </p>
          </div>
          <IconButton
            aria-label="Go to the message"
            onPress={() => {
              onJump(message);
            }}
          >
            <ArrowUpRight aria-hidden />
          </IconButton>
          <IconButton
            aria-label="Unpin"
            onPress={() => {
              leaving();
              actions.pin(message, false);
            }}
          >
            <PinOff aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
