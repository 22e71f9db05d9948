/** A message of one's own that the server has not sent back yet. */

import { memo } from "react";
import { CircleAlert, Clock, LoaderCircle } from "lucide-react";
import { useConnection } from "../../../app/session";
import { Button, clock, cx } from "../../../ui";
import { sendErrorText } from "../model/errors";
import type { Outgoing } from "../model/timelineState";
import { MessageText } from "../text/MessageText";
import { Quote } from "./Quote";
import { useRow } from "./rowContext";
import styles from "./MessageRow.module.css";

/** Shows how far it is, and what can be done where it failed. */
export const OutgoingRow = memo(function OutgoingRow({
  entry,
  first,
  isTabbable,
}: {
  entry: Outgoing;
  first: boolean;
  isTabbable: boolean;
}) {
  const { timeline, onFocusRow, onMend } = useRow();
  return (
    <div className={cx(styles.row, styles.own, first && styles.first)}>
      <article
        data-key={entry.key}
        aria-label={`You, ${clock(new Date(entry.startedMs))}, ${entry.state === "failed" ? "not sent" : "not sent yet"}`}
        tabIndex={isTabbable ? 0 : -1}
        className={styles.message}
        onFocus={() => {
          onFocusRow(entry.key);
        }}
      >
        <div className={styles.column}>
          <div className={styles.line}>
            <div className={cx(styles.bubble, styles.tail, entry.state !== "sending" && styles.unsent)}>
              {entry.options.replyTo !== undefined && <Quote reference={entry.options.replyTo} />}
              <MessageText id={entry.key} text={entry.text} />
            </div>
          </div>
          <State entry={entry} />
          {entry.state === "failed" && (
            <div className={styles.state}>
              <Button size="small" onPress={() => void timeline.resend(entry.key)}>
                Send again
              </Button>
              <Button
                size="small"
                variant="quiet"
                onPress={() => {
                  const text = timeline.discard(entry.key);
                  if (text !== null) onMend(text);
                }}
              >
                Edit
              </Button>
              <Button
                size="small"
                variant="quiet"
                onPress={() => {
                  timeline.discard(entry.key);
                }}
              >
                Discard
              </Button>
            </div>
          )}
        </div>
      </article>
    </div>
  );
});

function State({ entry }: { entry: Outgoing }) {
  // The SDK gives the connection a while before it calls a message queued; the user sees at once that it waits.
  const offline = useConnection() === "offline";
  if (entry.state === "failed") {
    return (
      <p role="alert" className={cx(styles.state, styles.failed)}>
        <CircleAlert aria-hidden /> Not sent. {entry.error === null ? "" : sendErrorText(entry.error)}
      </p>
    );
  }
  return (
    <p className={styles.state}>
      {entry.state === "queued" || offline ? (
        <>
          <Clock aria-hidden /> Waiting for the connection
        </>
      ) : (
        <>
          <LoaderCircle aria-hidden /> Sending
        </>
      )}
    </p>
  );
}
