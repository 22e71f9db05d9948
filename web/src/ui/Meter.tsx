/** How full something is. */

import { Meter as AriaMeter } from "react-aria-components/Meter";
import styles from "./Meter.module.css";

/** A bar; `value` in percent. From 90 % on it warns by its colour too. */
export function Meter({ label, value }: { label: string; value: number }) {
  const shown = Math.min(Math.max(value, 0), 100);
  return (
    <AriaMeter aria-label={label} value={shown} className={styles.meter ?? ""}>
      <span className={`${styles.bar} ${shown >= 90 ? styles.full : ""}`} style={{ width: `${Math.max(shown, 1)}%` }} />
    </AriaMeter>
  );
}
