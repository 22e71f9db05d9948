/** A call while one chats: a strip across the top that covers nothing. */

import { Maximize2, Phone } from "lucide-react";
import { Button } from "../../ui";
import type { CallSession } from "./engine/call-session";
import type { CallSnapshot } from "./engine/call-snapshot";
import { LeaveButton, MicButton } from "./Controls";
import { useNow } from "./media-hooks";
import { duration, standing } from "./sentences";
import styles from "./CallStrip.module.css";

interface CallStripProps {
  readonly session: CallSession;
  readonly call: CallSnapshot;
  readonly title: string;
  readonly onLarge: () => void;
  readonly onLeave: () => void;
}

/** Name, duration, microphone, back to the large call, leave. */
export function CallStrip({ session, call, title, onLarge, onLeave }: CallStripProps) {
  const now = useNow(call.since !== null);
  return (
    <section aria-label={`Call: ${title}`} className={styles.strip}>
      <Phone aria-hidden className={styles.sign} />
      <p className={styles.text}>
        <bdi className={styles.title}>{title}</bdi>
        <span className={styles.standing}>
          {call.since !== null && <time className={styles.time}>{duration(now - call.since)}</time>} {standing(call, title)}
        </span>
      </p>
      <MicButton session={session} own={call.own} tooltip="bottom" className={styles.control} />
      <Button size="small" icon={<Maximize2 aria-hidden />} onPress={onLarge}>
        Open
      </Button>
      <LeaveButton onLeave={onLeave} tooltip="bottom" className={styles.leave} />
    </section>
  );
}
