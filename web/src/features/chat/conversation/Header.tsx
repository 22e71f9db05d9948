/** The bar above a conversation: who is there, and what else there is. */

import { CalendarClock, EllipsisVertical, Info, Lock, Pin } from "lucide-react";
import { useLocation } from "wouter";
import type { Dm } from "@sotto/sdk";
import { Avatar, IconButton, LinkButton, Menu, presenceOf, ScreenBar, useIsPhone, VisuallyHidden } from "../../../ui";
import { CallButtons } from "../../calls";
import { usePerson, useTyping } from "../model/hooks";
import { othersOf, partnerOf, titleOf } from "../model/names";
import { typingText } from "../model/typing";
import styles from "./Header.module.css";

/** Properties of {@link Header}. */
export interface HeaderProps {
  readonly dm: Dm;
  readonly me: string;
  readonly pinned: number;
  readonly scheduled: number;
  readonly soon: boolean;
  readonly onPinned: () => void;
  readonly onScheduled: () => void;
}

/** On phones what is needed less often is in a menu. */
export function Header({ dm, me, pinned, scheduled, soon, onPinned, onScheduled }: HeaderProps) {
  const [, navigate] = useLocation();
  const isPhone = useIsPhone();
  const partner = partnerOf(dm, me);
  const details = `/dm/${String(dm.id)}/details`;
  const pinnedLabel = pinned === 0 ? "Pinned messages" : `Pinned messages: ${String(pinned)}`;
  const scheduledLabel =
    scheduled === 0 ? "Scheduled messages" : `Scheduled messages: ${String(scheduled)}${soon ? ", one any moment" : ""}`;
  return (
    <ScreenBar
      back="/"
      title={
        <div className={styles.who}>
          {partner === null ? <Avatar name={titleOf(dm, me)} group size={40} /> : <Partner name={partner} />}
          <div className={styles.lines}>
            <h2 className={styles.title}>
              <bdi>{titleOf(dm, me)}</bdi>
              {dm.locked !== null && <Lock role="img" aria-label="This device cannot read it" />}
            </h2>
            <Below dm={dm} me={me} partner={partner} />
          </div>
        </div>
      }
      actions={
        <>
          {dm.locked === null && <CallButtons dm={dm.id} />}
          {isPhone ? (
            <Menu
              label="Chat"
              entries={[
                { id: "pinned", label: pinnedLabel, icon: <Pin aria-hidden />, onAction: onPinned },
                { id: "scheduled", label: scheduledLabel, icon: <CalendarClock aria-hidden />, onAction: onScheduled },
                {
                  id: "details",
                  label: "Details",
                  icon: <Info aria-hidden />,
                  onAction: () => {
                    navigate(details);
                  },
                },
              ]}
            >
              <IconButton aria-label="More" tooltip={false}>
                <EllipsisVertical aria-hidden />
              </IconButton>
            </Menu>
          ) : (
            <>
              {(scheduled > 0 || soon) && (
                <IconButton aria-label={scheduledLabel} onPress={onScheduled}>
                  <CalendarClock aria-hidden />
                  <span aria-hidden className={soon ? styles.soon : styles.some} />
                </IconButton>
              )}
              <IconButton aria-label={pinnedLabel} onPress={onPinned}>
                <Pin aria-hidden />
                {pinned > 0 && <span aria-hidden className={styles.some} />}
              </IconButton>
              <LinkButton href={details} aria-label="Details" icon={<Info aria-hidden />} />
            </>
          )}
        </>
      }
    />
  );
}

function Partner({ name }: { name: string }) {
  const user = usePerson(name).data?.user;
  return (
    <Avatar
      name={name}
      picture={user?.profile_picture ?? null}
      size={40}
      presence={user === undefined ? "offline" : presenceOf(user.status)}
    />
  );
}

function Below({ dm, me, partner }: { dm: Dm; me: string; partner: string | null }) {
  const typing = useTyping(dm.id);
  if (typing.length > 0) return <p className={styles.typing}>{partner === null ? `${typingText(typing)} …` : "typing …"}</p>;
  if (partner !== null) return <Status name={partner} />;
  const others = othersOf(dm, me);
  return (
    <p className={styles.below}>
      <VisuallyHidden>Members: </VisuallyHidden>
      <bdi>{["You", ...others].join(", ")}</bdi>
    </p>
  );
}

function Status({ name }: { name: string }) {
  const status = usePerson(name).data?.user.status;
  return (
    <p className={styles.below}>
      <bdi>{status ?? "\u00a0"}</bdi>
    </p>
  );
}
