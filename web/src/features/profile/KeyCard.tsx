/** How somebody's key stands, its fingerprint, and the way to the safety number. */

import type { KeyState, Person } from "@sotto/sdk";
import { Fingerprint, ShieldAlert, ShieldCheck, ShieldQuestionMark, type LucideIcon } from "lucide-react";
import { Card, LinkButton } from "../../ui";
import { personPath } from "../people";
import { Digits, useFingerprint } from "../safety";
import styles from "./KeyCard.module.css";

interface Standing {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: string;
  readonly tone: "good" | "warn" | "plain";
}

/** What a key's state means to somebody who has never heard of keys. */
export function standingOf(key: KeyState, name: string): Standing {
  switch (key.state) {
    case "unknown":
      return {
        icon: ShieldQuestionMark,
        title: "Not remembered yet",
        text: `Once you are friends, the key of ${name} is remembered, and you are warned if it changes.`,
        tone: "plain",
      };
    case "pinned":
      return key.verified
        ? {
            icon: ShieldCheck,
            title: "Verified",
            text: `You have compared safety numbers with ${name}. If the key changes, you are warned.`,
            tone: "good",
          }
        : {
            icon: Fingerprint,
            title: "Remembered, not verified",
            text: `The key is the one of your first contact. Compare safety numbers once, to know that it is really that of ${name}.`,
            tone: "plain",
          };
    case "changed":
      return {
        icon: ShieldAlert,
        title: "Changed",
        text: "The server shows another key than the one you know. See above what to do.",
        tone: "warn",
      };
  }
}

export function KeyCard({ person }: { person: Person }) {
  const name = person.user.username;
  const fingerprint = useFingerprint(name, person.user.public_key);
  const { icon: Icon, title, text, tone } = standingOf(person.key, name);
  return (
    <Card title="Encryption">
      <div className={styles.standing}>
        <Icon aria-hidden className={`${styles.icon} ${styles[tone]}`} />
        <div>
          <p className={styles.title}>{title}</p>
          <p className={styles.text}>{text}</p>
        </div>
      </div>
      {fingerprint.error === null && (
        <div className={styles.fingerprint}>
          <p className={styles.text}>Fingerprint</p>
          <Digits small groups={6} text={fingerprint.data} label={`Fingerprint of the key of ${name}`} />
        </div>
      )}
      <div>
        <LinkButton href={`${personPath(name)}/verify`} icon={<ShieldCheck aria-hidden />}>
          {person.key.state === "pinned" && person.key.verified ? "Show safety number" : "Compare safety numbers"}
        </LinkButton>
      </div>
    </Card>
  );
}
