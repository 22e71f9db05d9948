/** A number or a word in a pill. */

import { cx } from "./cx";
import styles from "./Badge.module.css";

/** How many, to «99+». `label` is what screen readers hear («3 unread messages»). */
export function Badge({ count, label, quiet, className }: { count: number; label?: string; quiet?: boolean; className?: string }) {
  if (count <= 0) return null;
  const text = count > 99 ? "99+" : String(count);
  return (
    <span
      className={cx(styles.badge, quiet && styles.quiet, className)}
      {...(label === undefined ? {} : { role: "img", "aria-label": label })}
    >
      {text}
    </span>
  );
}

/** A word about the state of something. */
export function Tag({ tone = "neutral", children }: { tone?: "neutral" | "accent" | "warn" | "danger"; children: string }) {
  return <span className={cx(styles.tag, styles[tone])}>{children}</span>;
}
