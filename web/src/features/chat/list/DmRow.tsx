/** One DM in the list. */

import { memo, useEffect, useState } from "react";
import { Lock, Phone } from "lucide-react";
import type { Dm, Message } from "@sotto/sdk";
import { useSotto } from "../../../app/session";
import { Avatar, Badge, cx, fullWhen, momentOf, presenceOf, shortWhen, Skeleton, VisuallyHidden } from "../../../ui";
import { usePerson, useTyping } from "../model/hooks";
import { partnerOf, previewOf, titleOf } from "../model/names";
import { toMs } from "../model/time";
import { typingText } from "../model/typing";
import styles from "./DmRow.module.css";

/** Properties of {@link DmRow}. */
export interface DmRowProps {
  readonly dm: Dm;
  /** undefined: not known yet; null: none. */
  readonly latest: Message | null | undefined;
  readonly unread: number;
  readonly isSelected: boolean;
  /** The one that Tab leads to. */
  readonly isTabbable: boolean;
  readonly place: number;
  readonly count: number;
  readonly onFocus: (dm: number) => void;
  readonly onOpen: (dm: number) => void;
}

/** A link to the DM: picture, name, newest message, time, and what is going on there. */
export const DmRow = memo(function DmRow({ dm, latest, unread, isSelected, isTabbable, place, count, onFocus, onOpen }: DmRowProps) {
  const me = useSotto().username;
  const title = titleOf(dm, me);
  const partner = partnerOf(dm, me);
  const when = latest ? momentOf(latest.timestamp) : null;
  return (
    <div role="listitem" aria-posinset={place} aria-setsize={count} className={styles.item}>
      <a
        href={`/dm/${String(dm.id)}`}
        data-dm={dm.id}
        data-tabbable={isTabbable || undefined}
        tabIndex={isTabbable ? 0 : -1}
        aria-current={isSelected ? "page" : undefined}
        className={styles.row}
        onFocus={() => {
          onFocus(dm.id);
        }}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          onOpen(dm.id);
        }}
      >
        <Picture partner={partner} title={title} />
        <span className={styles.lines}>
          <span className={styles.top}>
            <bdi className={cx(styles.title, unread > 0 && styles.strong)}>{title}</bdi>
            {dm.usersInCall.length > 0 && <Phone role="img" aria-label="Call in progress" className={styles.call} />}
            {when !== null && (
              <time dateTime={when.toISOString()} title={fullWhen(when)} className={cx(styles.time, unread > 0 && styles.timeNew)}>
                {shortWhen(when)}
              </time>
            )}
          </span>
          <span className={styles.bottom}>
            <Preview dm={dm} latest={latest} inGroup={partner === null} />
            {unread > 0 && <Badge count={unread} label={`${String(unread)} unread ${unread === 1 ? "message" : "messages"}`} />}
          </span>
        </span>
      </a>
    </div>
  );
});

function Picture({ partner, title }: { partner: string | null; title: string }) {
  return partner === null ? <Avatar name={title} group size={40} /> : <Partner name={partner} />;
}

function Partner({ name }: { name: string }) {
  const user = usePerson(name).data?.user;
  const presence = user === undefined ? "offline" : presenceOf(user.status);
  return (
    <>
      <Avatar name={name} picture={user?.profile_picture ?? null} size={40} presence={presence} />
      {presence !== "offline" && <VisuallyHidden>{presence === "online" ? "online" : presence},</VisuallyHidden>}
    </>
  );
}

function Preview({ dm, latest, inGroup }: { dm: Dm; latest: Message | null | undefined; inGroup: boolean }) {
  const me = useSotto().username;
  const typing = useTyping(dm.id);
  const expired = useExpired(latest?.expires ?? null);
  if (dm.locked !== null) {
    return (
      <span className={cx(styles.preview, styles.locked)}>
        <Lock aria-hidden /> This device cannot read it
      </span>
    );
  }
  if (typing.length > 0) return <span className={cx(styles.preview, styles.typing)}>{inGroup ? typingText(typing) : "typing"} …</span>;
  if (latest === undefined) return <Skeleton width="60%" className={styles.waiting ?? ""} />;
  if (expired) return <span className={cx(styles.preview, styles.quiet)}>The newest message has gone</span>;
  if (latest === null) return <span className={cx(styles.preview, styles.quiet)}>No messages yet</span>;
  const { who, text, unreadable } = previewOf(latest, me, inGroup);
  return (
    <span className={cx(styles.preview, unreadable && styles.quiet)}>
      {who !== null && (
        <>
          <bdi className={styles.who}>{who}</bdi>:{" "}
        </>
      )}
      <bdi>{text}</bdi>
    </span>
  );
}

/** Whether a moment is past; told when it comes, with or without a word from the server (C-313). */
function useExpired(expires: string | null): boolean {
  const [now, setNow] = useState(() => Date.now());
  const left = expires === null ? null : toMs(expires) - now;
  useEffect(() => {
    if (left === null || left <= 0) return undefined;
    const timer = setTimeout(
      () => {
        setNow(Date.now());
      },
      Math.min(left + 1, 2 ** 31 - 1),
    );
    return () => {
      clearTimeout(timer);
    };
  }, [left]);
  return left !== null && left <= 0;
}
