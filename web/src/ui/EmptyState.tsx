/** What stands where there is nothing, or where something failed. */

import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./EmptyState.module.css";

/** Properties of {@link EmptyState}. */
export interface EmptyStateProps {
  /** An icon of lucide-react. */
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  /** A way on: one or two buttons. */
  readonly actions?: ReactNode;
  /** In the middle of all the room there is; default true. */
  readonly fill?: boolean;
  /** "alert" for a failure that just happened. */
  readonly role?: "alert" | "status";
}

/** A quiet sign, a sentence and a way on. */
export function EmptyState({ icon, title, children, actions, fill = true, role }: EmptyStateProps) {
  return (
    <div role={role} className={cx(styles.empty, fill && styles.fill)}>
      {icon !== undefined && (
        <div aria-hidden className={styles.icon}>
          {icon}
        </div>
      )}
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
