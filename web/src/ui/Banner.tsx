/** A strip that says something about the whole screen. */

import type { ReactNode } from "react";
import { CircleAlert, Info, TriangleAlert, WifiOff } from "lucide-react";
import { cx } from "./cx";
import styles from "./Banner.module.css";

/** Properties of {@link Banner}. */
export interface BannerProps {
  readonly tone?: "info" | "warn" | "danger" | "offline";
  /** In a column instead of across the screen: rounded, with a margin of its own. */
  readonly inset?: boolean;
  /** What one can do about it: small buttons. */
  readonly actions?: ReactNode;
  /** `status` is announced when it appears; default none. */
  readonly role?: "status" | "alert";
  readonly children: ReactNode;
}

const ICONS = { info: Info, warn: TriangleAlert, danger: CircleAlert, offline: WifiOff };

/** A sentence, and a way on. */
export function Banner({ tone = "info", inset, actions, role, children }: BannerProps) {
  const Icon = ICONS[tone];
  return (
    <div role={role} className={cx(styles.banner, styles[tone], inset && styles.inset)}>
      <Icon aria-hidden className={styles.icon} />
      <div className={styles.text}>{children}</div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
