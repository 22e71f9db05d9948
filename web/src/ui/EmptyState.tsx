/** What stands where there is nothing, or where something failed. */

import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./EmptyState.module.css";

/** Properties of {@link EmptyState}. */
export interface EmptyStateProps {
  /** An icon of lucide-react. */
  readonly icon?: ReactNode;
  readonly title: string;
  /** Whether the title is the page's heading: where nothing else is on it. */
  readonly heading?: boolean;
  readonly children?: ReactNode;
  /** A way on: one or two buttons. */
  readonly actions?: ReactNode;
  /** In the middle of all the room there is; default true. */
  readonly fill?: boolean;
  /** "alert" for a failure that just happened. */
  readonly role?: "alert" | "status";
}

/** A quiet sign, a sentence and a way on. */
export function EmptyState({ icon, title, heading = false, children, actions, fill = true, role }: EmptyStateProps) {
  const Title = heading ? "h1" : "p";
  return (
    <div role={role} className={cx(styles.empty, fill && styles.fill)}>
      {icon !== undefined && (
        <div aria-hidden className={styles.icon}>
          {icon}
        </div>
      )}
      <Title className={styles.title}>{title}</Title>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
