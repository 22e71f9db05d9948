/** Those who are chosen, each to be taken out again. */

import { X } from "lucide-react";
import styles from "./Chips.module.css";

export function Chips({ names, onRemove }: { names: readonly string[]; onRemove: (name: string) => void }) {
  if (names.length === 0) return null;
  return (
    <ul aria-label="Chosen" className={`${styles.chips} scroll`}>
      {names.map((name) => (
        <li key={name}>
          <button
            type="button"
            className={styles.chip}
            aria-label={`Take ${name} out`}
            onClick={() => {
              onRemove(name);
            }}
          >
            <span className={styles.name}>{name}</span>
            <X aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
