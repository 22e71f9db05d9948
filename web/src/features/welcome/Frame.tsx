/** The page around the ways in: at the left what Sotto is, at the right what to do. */

import { useEffect, useRef, type ReactNode } from "react";
import { EyeOff, KeyRound, Video } from "lucide-react";
import { cx, LinkButton, Wordmark } from "../../ui";
import { ArrowLeft } from "lucide-react";
import styles from "./Frame.module.css";

/** Properties of {@link Frame}. */
export interface FrameProps {
  readonly title: string;
  readonly lead?: ReactNode;
  /** Where the arrow above the title leads. */
  readonly back?: string;
  /** The first page: on phones it says what Sotto is. */
  readonly first?: boolean;
  /** «Step 2 of 3». */
  readonly step?: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** One page of the welcome; its title takes the focus when it changes, so that screen readers begin there. */
export function Frame({ title, lead, back, first, step, wide, children }: FrameProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!first && !document.activeElement?.matches("input, textarea")) heading.current?.focus();
  }, [title, first]);
  useEffect(() => {
    document.title = `${title} · Sotto`;
    return () => {
      document.title = "Sotto";
    };
  }, [title]);
  return (
    <div className={cx(styles.frame, "scroll")}>
      <aside className={cx(styles.brand, first && styles.brandFirst)}>
        <Ripples />
        <div className={styles.name}>
          <Wordmark size="large" />
          <p className={styles.motto}>sotto voce: in a quiet voice</p>
        </div>
        <ul className={styles.points}>
          <li>
            <EyeOff aria-hidden />
            <span>Only the people you write to can read it. The server cannot.</span>
          </li>
          <li>
            <KeyRound aria-hidden />
            <span>Your account is 24 words. No phone number, no address.</span>
          </li>
          <li>
            <Video aria-hidden />
            <span>Chats, groups and calls, on a server of your own.</span>
          </li>
        </ul>
        <p className={styles.server}>
          Server <strong>{location.host}</strong>
        </p>
      </aside>
      <main className={styles.side}>
        <div className={cx(styles.content, wide && styles.wide)}>
          <div className={styles.head}>
            {back !== undefined && (
              <LinkButton href={back} aria-label="Back" icon={<ArrowLeft aria-hidden />} className={styles.back ?? ""} />
            )}
            {step !== undefined && <p className={styles.step}>{step}</p>}
            <h1 ref={heading} tabIndex={-1} className={styles.title}>
              {title}
            </h1>
            {lead !== undefined && <div className={styles.lead}>{lead}</div>}
          </div>
          {children}
        </div>
      </main>
    </div>
  );
}

/** Rings that grow fainter, like a voice with the distance. */
function Ripples() {
  return (
    <svg aria-hidden className={styles.ripples} viewBox="0 0 600 600" preserveAspectRatio="xMidYMid slice">
      {[70, 130, 195, 265, 340, 420, 505, 595].map((radius, ring) => (
        <circle
          key={radius}
          cx="80"
          cy="600"
          r={radius}
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          opacity={0.34 - ring * 0.038}
        />
      ))}
    </svg>
  );
}
