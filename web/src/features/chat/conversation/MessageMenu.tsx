/** What can be done with one message: the menu, and the windows it leads to. */

import { useRef, useState } from "react";
import { Copy, Info, Pencil, Pin, PinOff, Reply, Smile, Trash2 } from "lucide-react";
import type { Message } from "@sotto/sdk";
import { ContextMenu, Dialog, type MenuEntry } from "../../../ui";
import type { MessageActions } from "./actions";
import { MessageInfo } from "./MessageInfo";
import { ReactionPicker } from "./ReactionPicker";

/** Properties of {@link MessageMenu}. */
export interface MessageMenuProps {
  /** The message and where its menu opens; null: closed. */
  readonly open: { readonly message: Message; readonly at: HTMLElement } | null;
  readonly onClose: () => void;
  readonly me: string;
  readonly canWrite: boolean;
  readonly actions: MessageActions;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (message: Message) => void;
}

/** One for the whole conversation. */
export function MessageMenu({ open, onClose, me, canWrite, actions, onReply, onEdit }: MessageMenuProps) {
  const [window, setWindow] = useState<{ readonly kind: "react" | "info"; readonly message: Message } | null>(null);
  const target = useRef<Element | null>(null);
  if (open !== null) target.current = open.at;
  const close = (): void => {
    setWindow(null);
  };
  return (
    <>
      {open !== null && (
        <ContextMenu
          isOpen
          onClose={onClose}
          target={target}
          placement={open.message.sender === me ? "bottom end" : "bottom start"}
          label="Message"
          entries={entriesOf(open.message, {
            me,
            canWrite,
            actions,
            onReply,
            onEdit,
            show: (kind) => {
              setWindow({ kind, message: open.message });
            },
          }).map((entry) =>
            entry === "line"
              ? entry
              : {
                  ...entry,
                  onAction: () => {
                    onClose();
                    entry.onAction();
                  },
                },
          )}
        />
      )}
      <Dialog isOpen={window?.kind === "react"} onClose={close} title="React" size="small">
        <ReactionPicker
          onPick={(text) => {
            close();
            if (window !== null) actions.react(window.message, text);
          }}
        />
      </Dialog>
      <Dialog isOpen={window?.kind === "info"} onClose={close} title="About this message">
        {window !== null && <MessageInfo message={window.message} me={me} />}
      </Dialog>
    </>
  );
}

interface Around extends Pick<MessageMenuProps, "me" | "canWrite" | "actions" | "onReply" | "onEdit"> {
  readonly show: (kind: "react" | "info") => void;
}

function entriesOf(message: Message, { me, canWrite, actions, onReply, onEdit, show }: Around): MenuEntry[] {
  const own = message.sender === me;
  const readable = message.content.ok;
  const entries: MenuEntry[] = [];
  if (readable && canWrite) {
    entries.push(
      {
        id: "react",
        label: "React",
        icon: <Smile aria-hidden />,
        onAction: () => {
          show("react");
        },
      },
      {
        id: "reply",
        label: "Reply",
        icon: <Reply aria-hidden />,
        onAction: () => {
          onReply(message);
        },
      },
    );
    if (own)
      entries.push({
        id: "edit",
        label: "Edit",
        icon: <Pencil aria-hidden />,
        onAction: () => {
          onEdit(message);
        },
      });
  }
  if (canWrite || message.pinned) {
    entries.push({
      id: "pin",
      label: message.pinned ? "Unpin" : "Pin",
      icon: message.pinned ? <PinOff aria-hidden /> : <Pin aria-hidden />,
      onAction: () => {
        actions.pin(message, !message.pinned);
      },
    });
  }
  if (readable)
    entries.push({
      id: "copy",
      label: "Copy text",
      icon: <Copy aria-hidden />,
      onAction: () => {
        actions.copy(message);
      },
    });
  entries.push({
    id: "info",
    label: "About this message",
    icon: <Info aria-hidden />,
    onAction: () => {
      show("info");
    },
  });
  if (own)
    entries.push("line", {
      id: "delete",
      label: "Delete",
      icon: <Trash2 aria-hidden />,
      danger: true,
      onAction: () => {
        actions.remove(message);
      },
    });
  return entries;
}
