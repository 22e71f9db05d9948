/** Says that something is under way. */

import styles from "./Spinner.module.css";
import { cx } from "./cx";
import { VisuallyHidden } from "./VisuallyHidden";

/** A turning ring with a name for screen readers. */
export function Spinner({
  label = "Loading",
  size = "small",
  className,
}: {
  label?: string;
  size?: "small" | "large";
  className?: string;
}) {
  return (
    <span role="status" className={cx(styles.spinner, styles[size], className)}>
      <VisuallyHidden>{label}</VisuallyHidden>
    </span>
  );
}
