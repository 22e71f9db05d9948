/** A person's or a group's picture, or else the initials on a colour of their own. */

import { Users } from "lucide-react";
import { colourOf, initials, safePicture } from "./picture";
import { cx } from "./cx";
import styles from "./Avatar.module.css";

/** Properties of {@link Avatar}. */
export interface AvatarProps {
  readonly name: string;
  /** A `data:` URL of a picture; anything else is not shown. */
  readonly picture?: string | null;
  /** Pixels at the normal text size; default 40. */
  readonly size?: 24 | 32 | 40 | 48 | 64 | 96 | 128;
  /** A dot in the corner; what it means must be said in text nearby too. */
  readonly presence?: "online" | "away" | "busy" | "offline";
  /** A group: its own sign instead of initials. */
  readonly group?: boolean;
  readonly className?: string;
}

/** Decoration: the name stands in text beside it, so screen readers skip it. */
export function Avatar({ name, picture, size = 40, presence, group, className }: AvatarProps) {
  const shown = safePicture(picture);
  return (
    <span aria-hidden className={cx(styles.avatar, styles[`size${size}`], className)}>
      {shown !== null ? (
        <img src={shown} alt="" decoding="async" draggable={false} className={styles.picture} />
      ) : (
        <span className={cx(styles.initials, styles[`colour${colourOf(name)}`])}>{group ? <Users /> : initials(name)}</span>
      )}
      {presence !== undefined && presence !== "offline" && <span className={cx(styles.presence, styles[presence])} />}
    </span>
  );
}

/** Which dot a status of the protocol has: the known words, and any other text of someone who is there counts as online. */
export function presenceOf(status: string): "online" | "away" | "busy" | "offline" {
  return status === "offline" || status === "away" || status === "busy" ? status : "online";
}
