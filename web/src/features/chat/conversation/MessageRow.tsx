/** One message: what stands above it, its bubble, its reactions. */

import { memo, useId, useRef, useState, type FocusEvent, type MouseEvent, type PointerEvent } from "react";
import { ChevronDown, Pin, TriangleAlert } from "lucide-react";
import type { Content, Message } from "@sotto/sdk";
import { Avatar, clock, cx, dayName, fullWhen, momentOf, VisuallyHidden } from "../../../ui";
import type { Standing } from "../model/grouping";
import { usePerson } from "../model/hooks";
import { MessageText } from "../text/MessageText";
import { Countdown } from "./Countdown";
import { Quote } from "./Quote";
import { Reactions } from "./Reactions";
import { useRow } from "./rowContext";
import { RowTools } from "./RowTools";
import styles from "./MessageRow.module.css";

/** Texts beyond this are folded at first (UTF-16 code units, lines). */
const LONG = { length: 3000, lines: 40 };
/** A finger that rests so long opens the menu, in milliseconds. */
const LONG_PRESS = 500;

/** Properties of {@link MessageRow}. */
export interface MessageRowProps extends Standing {
  readonly id: string;
  readonly message: Message;
  /** How many earlier ones of the sender are missing. */
  readonly gap: number;
  /** The one that Tab leads to. */
  readonly isTabbable: boolean;
  /** One has just jumped here. */
  readonly isMarked: boolean;
}

/** Drawn again only when something of it changes. */
export const MessageRow = memo(function MessageRow({ id, message, day, newLine, first, last, gap, isTabbable, isMarked }: MessageRowProps) {
  const { me, inGroup, onMenu, onFocusRow } = useRow();
  const [active, setActive] = useState(false);
  const [pinnedOpen, setPinnedOpen] = useState(false);
  const bubble = useRef<HTMLDivElement>(null);
  const press = useLongPress(() => {
    if (bubble.current !== null) onMenu(message, bubble.current);
  });
  const textId = useId();
  const own = message.sender === me;
  const when = momentOf(message.timestamp);
  const name = own ? "You" : message.sender;
  return (
    <div className={cx(styles.row, first && styles.first, own && styles.own)}>
      {day !== null && <Divider>{dayName(new Date(day))}</Divider>}
      {newLine && <NewLine />}
      {gap > 0 && (
        <p className={styles.gap}>
          Not here: {gap === 1 ? "an earlier message or reaction" : `${String(gap)} earlier messages or reactions`} of{" "}
          <bdi>{message.sender}</bdi>
        </p>
      )}
      <article
        data-key={id}
        aria-label={`${name}, ${dayName(when)} ${clock(when)}`}
        aria-describedby={textId}
        tabIndex={isTabbable ? 0 : -1}
        className={cx(styles.message, isMarked && styles.marked)}
        onFocus={() => {
          onFocusRow(id);
          setActive(true);
        }}
        onBlur={(event: FocusEvent) => {
          if (!event.currentTarget.contains(event.relatedTarget)) setActive(false);
        }}
        onPointerEnter={(event) => {
          if (event.pointerType !== "touch") setActive(true);
        }}
        onPointerLeave={(event) => {
          if (!event.currentTarget.contains(document.activeElement)) setActive(false);
        }}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget || event.key !== "Enter" || bubble.current === null) return;
          event.preventDefault();
          onMenu(message, bubble.current);
        }}
        onContextMenu={(event: MouseEvent) => {
          const target = event.target as Element;
          if (target.closest("a") !== null || getSelection()?.isCollapsed === false) return;
          event.preventDefault();
          press.cancel();
          if (bubble.current !== null) onMenu(message, bubble.current);
        }}
      >
        {!own && <div className={styles.side}>{first && <Sender name={message.sender} />}</div>}
        <div className={styles.column}>
          {!own && first && inGroup ? <bdi className={styles.name}>{message.sender}</bdi> : <VisuallyHidden>{name}</VisuallyHidden>}
          <div className={styles.line}>
            <div
              ref={bubble}
              id={textId}
              className={cx(styles.bubble, last && styles.tail, !message.content.ok && styles.unreadable)}
              {...press.listeners}
            >
              {message.content.ok ? (
                <Body message={message} content={message.content.value} />
              ) : (
                <>
                  <p className={styles.unreadableTitle}>
                    <TriangleAlert aria-hidden /> This message cannot be read
                  </p>
                  <p>{message.content.why.sentence}</p>
                  <code>{message.content.why.code}</code>
                </>
              )}
            </div>
            <time dateTime={when.toISOString()} title={fullWhen(when)} className={cx(styles.time, last && styles.timeShown)}>
              {clock(when)}
            </time>
            {(active || pinnedOpen) && <RowTools message={message} bubble={bubble} onOpenChange={setPinnedOpen} />}
          </div>
          <Reactions message={message} />
        </div>
      </article>
    </div>
  );
});

/** The line between days. */
export function Divider({ children }: { children: string }) {
  return (
    <div role="separator" aria-label={children} className={styles.day}>
      <span>{children}</span>
    </div>
  );
}

function NewLine() {
  return (
    <div role="separator" aria-label="New messages" className={styles.newLine}>
      <span>New</span>
    </div>
  );
}

function Sender({ name }: { name: string }) {
  const picture = usePerson(name).data?.user.profile_picture ?? null;
  return <Avatar name={name} picture={picture} size={32} />;
}

function Body({ message, content }: { message: Message; content: Content }) {
  const long = content.text.length > LONG.length || content.text.split("\n", LONG.lines + 1).length > LONG.lines;
  const [folded, setFolded] = useState(long);
  return (
    <>
      {content.replyTo !== null && <Quote reference={content.replyTo} />}
      <div className={cx(folded && styles.folded)}>
        <MessageText id={`${content.reference}:${String(content.revision)}`} text={content.text} />
      </div>
      {folded && (
        <button
          type="button"
          className={styles.unfold}
          onClick={() => {
            setFolded(false);
          }}
        >
          Show all <ChevronDown aria-hidden />
        </button>
      )}
      {(message.pinned || content.revision > 0 || message.expires !== null) && (
        <p className={styles.meta}>
          {message.pinned && (
            <span>
              <Pin aria-hidden /> Pinned
            </span>
          )}
          {content.revision > 0 && <span>Edited</span>}
          {message.expires !== null && <Countdown expires={message.expires} />}
        </p>
      )}
    </>
  );
}

/** A finger resting on something; where the browser tells that itself (`contextmenu`), that comes first. */
function useLongPress(act: () => void) {
  const state = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const cancel = (): void => {
    if (state.current !== null) clearTimeout(state.current.timer);
    state.current = null;
  };
  return {
    cancel,
    listeners: {
      onPointerDown: (event: PointerEvent) => {
        if (event.pointerType !== "touch" || (event.target as Element).closest("a, button") !== null) return;
        cancel();
        state.current = { timer: setTimeout(act, LONG_PRESS), x: event.clientX, y: event.clientY };
      },
      onPointerMove: (event: PointerEvent) => {
        const at = state.current;
        if (at !== null && Math.hypot(event.clientX - at.x, event.clientY - at.y) > 10) cancel();
      },
      onPointerUp: cancel,
      onPointerCancel: cancel,
    },
  };
}
