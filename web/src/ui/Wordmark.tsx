/** The name, as it is written. */

import styles from "./Wordmark.module.css";

/** «Sotto», in a serif italic. */
export function Wordmark({ size = "normal" }: { size?: "normal" | "large" }) {
  return <span className={`${styles.wordmark} ${styles[size]}`}>Sotto</span>;
}
