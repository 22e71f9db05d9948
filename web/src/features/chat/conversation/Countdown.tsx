/** What is left until a message destroys itself. */

import { useEffect, useState } from "react";
import { Timer } from "lucide-react";
import { VisuallyHidden } from "../../../ui";
import { countdownText, nextTick, toMs } from "../model/time";
import styles from "./MessageRow.module.css";

/** Ticks only while it is drawn, which is while its message is in or near the view. */
export function Countdown({ expires }: { expires: string }) {
  const end = toMs(expires);
  const [now, setNow] = useState(() => Date.now());
  const left = end - now;
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => {
      setNow(Date.now());
    }, nextTick(left));
    return () => {
      clearTimeout(timer);
    };
  }, [left]);
  return (
    <span className={styles.countdown} title="Destroys itself">
      <Timer aria-hidden />
      <VisuallyHidden>Destroys itself in </VisuallyHidden>
      {countdownText(left)}
    </span>
  );
}
