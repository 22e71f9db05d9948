/** Text that only screen readers meet. */

import type { ReactNode } from "react";
import styles from "./VisuallyHidden.module.css";

/** Hides its children from sight only. */
export function VisuallyHidden({ children, as: As = "span" }: { children: ReactNode; as?: "span" | "div" | "h1" | "h2" | "h3" | "p" }) {
  return <As className={styles.hidden}>{children}</As>;
}
