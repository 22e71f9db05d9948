/** Grey shapes where something is being loaded, of the size that it will have. */

import { cx } from "./cx";
import styles from "./Skeleton.module.css";
import { VisuallyHidden } from "./VisuallyHidden";

/** One shape: a line of text by default. `width` is any CSS length. */
export function Skeleton({
  shape = "line",
  width,
  height,
  className,
}: {
  shape?: "line" | "circle" | "box";
  width?: string;
  height?: string;
  className?: string;
}) {
  return <span aria-hidden className={cx(styles.skeleton, styles[shape], className)} style={{ width, height }} />;
}

/** Rows like those of a list: an avatar and two lines each. */
export function SkeletonRows({ count = 8, label = "Loading" }: { count?: number; label?: string }) {
  return (
    <div role="status" className={styles.rows}>
      <VisuallyHidden>{label}</VisuallyHidden>
      {Array.from({ length: count }, (_, row) => (
        <div key={row} className={styles.row}>
          <Skeleton shape="circle" width="2.5rem" height="2.5rem" />
          <div className={styles.lines}>
            <Skeleton width={`${[46, 62, 38, 54][row % 4]}%`} />
            <Skeleton width={`${[78, 56, 84, 67][row % 4]}%`} />
          </div>
        </div>
      ))}
    </div>
  );
}
