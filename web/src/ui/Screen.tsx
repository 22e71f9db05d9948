/** The frame of every screen in a column: a bar with a title and buttons, below it what scrolls. */

import type { ReactNode, Ref } from "react";
import { ArrowLeft } from "lucide-react";
import { LinkButton } from "./Button";
import { cx } from "./cx";
import styles from "./Screen.module.css";

/** Properties of {@link ScreenBar}. */
export interface ScreenBarProps {
  /** A text, which becomes the column's heading, or what stands in its place (with a heading in it). */
  readonly title: ReactNode;
  /** Heading level of a text title; default 2. */
  readonly level?: 1 | 2;
  /** Where the back button leads; it is shown on phones only, or always (`backAlways`). */
  readonly back?: string;
  readonly backAlways?: boolean;
  /** At the right: icon buttons. */
  readonly actions?: ReactNode;
}

/** The bar at the top of a column, 60 px. */
export function ScreenBar({ title, level = 2, back, backAlways, actions }: ScreenBarProps) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <header className={styles.bar}>
      {back !== undefined && (
        <LinkButton
          href={back}
          aria-label="Back"
          icon={<ArrowLeft aria-hidden />}
          className={cx(styles.back, backAlways && styles.always)}
        />
      )}
      <div className={styles.heading}>{typeof title === "string" ? <Heading className={styles.title}>{title}</Heading> : title}</div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}

/** Properties of {@link ScreenBody}. */
export interface ScreenBodyProps {
  /** Keeps the lines at a readable width, centred. */
  readonly narrow?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLDivElement>;
}

/** What scrolls below the bar. */
export function ScreenBody({ narrow, className, children, ref }: ScreenBodyProps) {
  return (
    <div ref={ref} className={cx(styles.body, "scroll", className)}>
      {narrow ? <div className={styles.narrow}>{children}</div> : children}
    </div>
  );
}

/** Properties of {@link Card}. */
export interface CardProps {
  readonly title?: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
}

/** Things that belong together, on a surface of their own, with a heading. */
export function Card({ title, description, children }: CardProps) {
  return (
    <section className={styles.section}>
      {title !== undefined && <h3 className={styles.sectionTitle}>{title}</h3>}
      {description !== undefined && <p className={styles.sectionText}>{description}</p>}
      <div className={styles.card}>{children}</div>
    </section>
  );
}
