/** A person in a list: picture, name, a line about them, buttons at the end, and what went wrong below. */

import type { protocol } from "@sotto/sdk";
import { useQuery } from "@tanstack/react-query";
import { ShieldAlert, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import { useSotto } from "../../app/session";
import { Avatar, presenceOf, VisuallyHidden } from "../../ui";
import styles from "./PersonRow.module.css";
import { presenceLabel, statusText } from "./status";
import { useInView } from "./useInView";

/** Properties of {@link PersonRow}. */
export interface PersonRowProps {
  readonly name: string;
  /** What is known already, from the directory; else it is asked for once the row is in view. */
  readonly user?: protocol.User;
  /** Instead of the status. */
  readonly note?: string;
  /** Small buttons or a tag. */
  readonly actions?: ReactNode;
  readonly error?: string | null;
}

/** The content of a row; the list item is the list's. */
export function PersonRow({ name, user, note, actions, error }: PersonRowProps) {
  const sotto = useSotto();
  const { ref, seen } = useInView<HTMLDivElement>();
  const person = useQuery({
    queryKey: ["person", name],
    queryFn: () => sotto.person(name),
    enabled: seen && user === undefined,
  }).data;
  const shown = person?.user ?? user;
  const presence = shown === undefined ? "offline" : presenceOf(shown.status);
  const text = note ?? (shown === undefined ? "" : statusText(shown.status));
  return (
    <div ref={ref} className={styles.row}>
      <Avatar name={name} picture={shown?.profile_picture ?? null} presence={presence} />
      <div className={styles.text}>
        <div className={styles.name}>
          <span className={styles.clip}>{name}</span>
          {person?.key.state === "changed" && <ShieldAlert aria-label="The key has changed" className={styles.changed} />}
          {person?.key.state === "pinned" && person.key.verified && <ShieldCheck aria-label="Verified" className={styles.verified} />}
        </div>
        <div className={styles.note}>
          {text}
          {note !== undefined && shown !== undefined && presence !== "offline" && (
            <VisuallyHidden>{`, ${presenceLabel(shown.status)}`}</VisuallyHidden>
          )}
        </div>
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      {error !== undefined && error !== null && (
        <p role="alert" className={styles.error}>
          {error}
        </p>
      )}
    </div>
  );
}
