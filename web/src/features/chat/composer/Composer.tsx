/** Where messages are written: text, reply, edit, emoji, later, self-destruct. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Pencil, Plus, Reply, SendHorizontal, Smile, Timer, X } from "lucide-react";
import type { Message, SendOptions } from "@sotto/sdk";
import { useConnection, useSotto } from "../../../app/session";
import { cx, fullWhen, IconButton, Menu, Popover, toast } from "../../../ui";
import { asError, sendErrorText } from "../model/errors";
import { useDraft } from "../model/hooks";
import { oneLine } from "../model/names";
import { spanText } from "../model/time";
import type { Timeline } from "../model/timeline";
import { DestructDialog } from "./DestructDialog";
import { LazyEmojiPicker } from "./LazyEmojiPicker";
import { bytesLeft } from "./limits";
import { ScheduleDialog } from "./ScheduleDialog";
import styles from "./Composer.module.css";

/** Typing is told at most so often, in milliseconds. */
const PING = 2000;

/** Properties of {@link Composer}. */
export interface ComposerProps {
  readonly dm: number;
  readonly timeline: Timeline;
  /** After something of one's own went out. */
  readonly onSent: () => void;
}

/** The draft of a DM lives as long as the session; the composer only shows it. */
export function Composer({ dm, timeline, onSent }: ComposerProps) {
  const sotto = useSotto();
  const client = useQueryClient();
  const connection = useConnection();
  const [draft, change] = useDraft(dm);
  const { text, replyTo, editing, before, deleteAfter } = draft;
  const field = useRef<HTMLTextAreaElement>(null);
  const [window, setWindow] = useState<"later" | "destruct" | null>(null);
  const [picking, setPicking] = useState(false);
  const [busy, setBusy] = useState(false);
  const pinged = useRef(0);
  const left = bytesLeft(text);
  const blank = text.trim() === "";
  const tooLong = left !== null && left < 0;

  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${String(area.scrollHeight)}px`;
  }, [text]);

  const focus = useCallback(() => {
    field.current?.focus();
  }, []);
  useEffect(() => {
    if (replyTo !== null || editing !== null) focus();
  }, [replyTo, editing, focus]);

  const options = (): SendOptions => ({
    ...(replyTo?.content.ok === true ? { replyTo: replyTo.content.value.reference } : {}),
    ...(deleteAfter === null ? {} : { deleteAfter }),
  });

  const endEdit = (): void => {
    change({ editing: null, text: before, before: "" });
  };

  const edit = async (message: Message): Promise<void> => {
    if (message.content.ok && message.content.value.text === text) {
      endEdit();
      return;
    }
    setBusy(true);
    try {
      await sotto.edit(message.id, text);
      endEdit();
    } catch (thrown) {
      toast({ text: `The change was not saved. ${sendErrorText(asError(thrown))}`, tone: "danger" });
    } finally {
      setBusy(false);
      focus();
    }
  };

  const submit = (): void => {
    if (blank || tooLong || busy) return;
    if (editing !== null) {
      void edit(editing);
      return;
    }
    void timeline.send(text, options());
    change({ text: "", replyTo: null });
    pinged.current = 0;
    onSent();
  };

  const schedule = async (ms: number): Promise<void> => {
    setWindow(null);
    try {
      const { queued } = await sotto.send(dm, text, { ...options(), at: new Date(ms) });
      change({ text: "", replyTo: null });
      toast({
        text: queued ? "It is scheduled as soon as there is a connection." : `Goes out on ${fullWhen(new Date(ms))}.`,
        tone: "good",
      });
      await client.invalidateQueries({ queryKey: ["scheduled", dm] });
    } catch (thrown) {
      toast({ text: `It was not scheduled. ${sendErrorText(asError(thrown))}`, tone: "danger" });
    }
  };

  const typed = (value: string): void => {
    change({ text: value });
    const now = Date.now();
    if (value.trim() === "" || editing !== null || connection !== "online" || now - pinged.current < PING) return;
    pinged.current = now;
    // Whoever is not told that one types misses nothing.
    sotto.typing(dm).catch(() => undefined);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !globalThis.matchMedia("(pointer: coarse) and (hover: none)").matches) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && (editing !== null || replyTo !== null)) {
      event.preventDefault();
      if (editing !== null) endEdit();
      else change({ replyTo: null });
    } else if (event.key === "ArrowUp" && text === "" && editing === null) {
      const last = timeline.getState().window.messages.findLast(({ sender, content }) => sender === sotto.username && content.ok);
      if (last?.content.ok !== true) return;
      event.preventDefault();
      change({ editing: last, replyTo: null, before: "", text: last.content.value.text });
    }
  };

  const insert = (emoji: string): void => {
    const area = field.current;
    const from = area?.selectionStart ?? text.length;
    const to = area?.selectionEnd ?? text.length;
    setPicking(false);
    change({ text: text.slice(0, from) + emoji + text.slice(to) });
    requestAnimationFrame(() => {
      area?.focus();
      area?.setSelectionRange(from + emoji.length, from + emoji.length);
    });
  };

  return (
    <div className={styles.composer}>
      {editing !== null && (
        <Strip icon={<Pencil aria-hidden />} title="Editing" text={editing} onClose={endEdit} closeLabel="Stop editing" />
      )}
      {editing === null && replyTo !== null && (
        <Strip
          icon={<Reply aria-hidden />}
          title={replyTo.sender === sotto.username ? "Answering yourself" : `Answering ${replyTo.sender}`}
          text={replyTo}
          onClose={() => {
            change({ replyTo: null });
          }}
          closeLabel="Answer nothing"
        />
      )}
      {editing === null && deleteAfter !== null && (
        <p className={styles.destruct}>
          <Timer aria-hidden />
          <span>Destroys itself after {spanText(deleteAfter)}</span>
          <IconButton
            aria-label="Switch self-destruct off"
            size="small"
            tooltip="top"
            onPress={() => {
              change({ deleteAfter: null });
            }}
          >
            <X aria-hidden />
          </IconButton>
        </p>
      )}
      <div className={styles.row}>
        <Menu
          label="More ways to send"
          placement="top start"
          entries={[
            {
              id: "later",
              label: "Send later",
              icon: <CalendarClock aria-hidden />,
              isDisabled: blank || tooLong || editing !== null,
              onAction: () => {
                setWindow("later");
              },
            },
            {
              id: "destruct",
              label: "Self-destruct",
              icon: <Timer aria-hidden />,
              isSelected: deleteAfter !== null,
              isDisabled: editing !== null,
              onAction: () => {
                setWindow("destruct");
              },
            },
          ]}
        >
          <IconButton aria-label="More ways to send" tooltip="top">
            <Plus aria-hidden />
          </IconButton>
        </Menu>
        <div className={cx(styles.box, tooLong && styles.wrong)}>
          <textarea
            ref={field}
            rows={1}
            value={text}
            dir="auto"
            aria-label="Message"
            aria-invalid={tooLong}
            aria-describedby={left === null ? undefined : "left"}
            placeholder="Message"
            className={`${styles.field ?? ""} scroll`}
            onChange={(event) => {
              typed(event.target.value);
            }}
            onKeyDown={onKeyDown}
          />
          <Popover
            label="Emoji"
            placement="top end"
            isOpen={picking}
            onOpenChange={setPicking}
            trigger={
              <IconButton aria-label="Emoji" tooltip={false}>
                <Smile aria-hidden />
              </IconButton>
            }
          >
            <LazyEmojiPicker onPick={insert} />
          </Popover>
        </div>
        <IconButton
          aria-label={editing === null ? "Send" : "Save"}
          variant={blank || tooLong ? "quiet" : "primary"}
          tooltip="top"
          isDisabled={blank || tooLong}
          isPending={busy}
          onPress={() => {
            submit();
            focus();
          }}
        >
          <SendHorizontal aria-hidden />
        </IconButton>
      </div>
      {left !== null && (
        <p id="left" role={tooLong ? "alert" : undefined} className={cx(styles.left, tooLong && styles.over)}>
          {tooLong ? `${(-left).toLocaleString("en-GB")} bytes too long` : `${left.toLocaleString("en-GB")} bytes left`}
        </p>
      )}
      <ScheduleDialog
        isOpen={window === "later"}
        onClose={() => {
          setWindow(null);
        }}
        onChoose={(ms) => void schedule(ms)}
      />
      <DestructDialog
        isOpen={window === "destruct"}
        onClose={() => {
          setWindow(null);
        }}
        value={deleteAfter}
        onChoose={(seconds) => {
          change({ deleteAfter: seconds });
          setWindow(null);
        }}
      />
    </div>
  );
}

interface StripProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: Message;
  readonly onClose: () => void;
  readonly closeLabel: string;
}

function Strip({ icon, title, text, onClose, closeLabel }: StripProps) {
  return (
    <div className={styles.strip}>
      {icon}
      <div className={styles.stripText}>
        <p className={styles.stripTitle}>
          <bdi>{title}</bdi>
        </p>
        <p className={styles.stripPreview} dir="auto">
          {text.content.ok ? oneLine(text.content.value.text) : ""}
        </p>
      </div>
      <IconButton aria-label={closeLabel} size="small" tooltip="top" onPress={onClose}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
