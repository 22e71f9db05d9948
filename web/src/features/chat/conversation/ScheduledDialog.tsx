/** The user's own messages that wait for their hour. */

import { useRef } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { sentenceOf, useSotto } from "../../../app/session";
import { Button, confirm, Dialog, EmptyState, fullWhen, IconButton, momentOf, SkeletonRows, Tag, toast } from "../../../ui";
import { asError, sendErrorText } from "../model/errors";
import { oneLine } from "../model/names";
import styles from "./panels.module.css";

/** The scheduled messages, as a query. */
export function useScheduled(dm: number) {
  const sotto = useSotto();
  return useQuery({ queryKey: ["scheduled", dm], queryFn: () => sotto.scheduled(dm) });
}

/** Properties of {@link ScheduledDialog}. */
export interface ScheduledDialogProps {
  readonly dm: number;
  /** Those that go within a minute. */
  readonly soon: ReadonlySet<number>;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Each with its hour, and a way to stop it. */
export function ScheduledDialog({ isOpen, onClose, ...rest }: ScheduledDialogProps) {
  const body = useRef<HTMLDivElement>(null);
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Scheduled messages">
      {/* Takes the focus from an entry that is about to go, so that it stays in the window. */}
      <div ref={body} tabIndex={-1} className={styles.body}>
        <Waiting {...rest} leaving={() => body.current?.focus()} />
      </div>
    </Dialog>
  );
}

function Waiting({ dm, soon, leaving }: Pick<ScheduledDialogProps, "dm" | "soon"> & { readonly leaving: () => void }) {
  const sotto = useSotto();
  const client = useQueryClient();
  const scheduled = useScheduled(dm);
  if (scheduled.isPending) return <SkeletonRows count={2} />;
  if (scheduled.isError) {
    return (
      <EmptyState
        role="alert"
        fill={false}
        title="The scheduled messages could not be read"
        actions={<Button onPress={() => void scheduled.refetch()}>Try again</Button>}
      >
        {sentenceOf(scheduled.error)}
      </EmptyState>
    );
  }
  if (scheduled.data.length === 0) {
    return (
      <EmptyState fill={false} title="Nothing is scheduled">
        Write a message, then choose «Send later» beside it.
      </EmptyState>
    );
  }
  const cancel = async (id: number): Promise<void> => {
    leaving();
    if (
      !(await confirm({
        title: "Cancel this message",
        text: "It will not be sent.",
        action: "Cancel message",
        cancel: "Keep",
        danger: true,
      }))
    )
      return;
    try {
      await sotto.cancel(dm, id);
      toast({ text: "The message will not be sent.", tone: "good" });
    } catch (thrown) {
      const error = asError(thrown);
      toast({ text: error.isRefusal("no_access") ? "It was too late: the message has been sent." : sendErrorText(error), tone: "danger" });
    }
    await client.invalidateQueries({ queryKey: ["scheduled", dm] });
  };
  return (
    <ul className={styles.list}>
      {scheduled.data.map(({ id, due, text }) => (
        <li key={id} className={styles.entry}>
          <div className={styles.text}>
            <p className={styles.head}>
              {fullWhen(momentOf(due))} {soon.has(id) && <Tag tone="warn">Any moment</Tag>}
            </p>
            <p className={styles.preview} dir="auto">
              {text.ok ? oneLine(text.value) : text.why.sentence}
            </p>
          </div>
          <IconButton aria-label="Cancel this message" onPress={() => void cancel(id)}>
            <Trash2 aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
