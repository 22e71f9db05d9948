/** The small bar at a message under the pointer or the focus: react, reply, more. */

import { useState, type RefObject } from "react";
import { Ellipsis, Reply, Smile } from "lucide-react";
import type { Message } from "@sotto/sdk";
import { IconButton, Popover } from "../../../ui";
import { ReactionPicker } from "./ReactionPicker";
import { useRow } from "./rowContext";
import styles from "./MessageRow.module.css";

/** `onOpenChange` tells when something of it is open, so that it stays. */
export function RowTools({
  message,
  bubble,
  onOpenChange,
}: {
  message: Message;
  bubble: RefObject<HTMLElement | null>;
  onOpenChange: (open: boolean) => void;
}) {
  const { canWrite, onReact, onReply, onMenu } = useRow();
  const [picking, setPicking] = useState(false);
  const opened = (open: boolean): void => {
    setPicking(open);
    onOpenChange(open);
  };
  return (
    <div role="group" aria-label="Message" className={styles.tools}>
      {canWrite && message.content.ok && (
        <>
          <Popover
            label="React"
            placement="top"
            isOpen={picking}
            onOpenChange={opened}
            trigger={
              <IconButton aria-label="React" size="small" tooltip={false}>
                <Smile aria-hidden />
              </IconButton>
            }
          >
            <ReactionPicker
              onPick={(text) => {
                opened(false);
                onReact(message, text);
              }}
            />
          </Popover>
          <IconButton
            aria-label="Reply"
            size="small"
            tooltip="top"
            onPress={() => {
              onReply(message);
            }}
          >
            <Reply aria-hidden />
          </IconButton>
        </>
      )}
      <IconButton
        aria-label="More"
        size="small"
        tooltip="top"
        onPress={() => {
          if (bubble.current !== null) onMenu(message, bubble.current);
        }}
      >
        <Ellipsis aria-hidden />
      </IconButton>
    </div>
  );
}
