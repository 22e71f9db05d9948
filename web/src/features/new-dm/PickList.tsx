/** People to be chosen, several at once: arrow keys go through them, space and Enter choose. */

import type { protocol } from "@sotto/sdk";
import { Check } from "lucide-react";
import { useId } from "react";
import { cx, ListBox, ListBoxItem } from "../../ui";
import { PersonRow } from "../people";
import styles from "./PickList.module.css";

/** Properties of {@link PickList}. */
export interface PickListProps {
  readonly title: string;
  readonly names: readonly string[];
  /** What the directory said of them. */
  readonly users?: ReadonlyMap<string, protocol.User>;
  readonly chosen: readonly string[];
  readonly onToggle: (name: string) => void;
}

export function PickList({ title, names, users, chosen, onToggle }: PickListProps) {
  const heading = useId();
  const here = names.filter((name) => chosen.includes(name));
  return (
    <section>
      <h2 id={heading} className={styles.title}>
        {title}
      </h2>
      <ListBox
        aria-labelledby={heading}
        selectionMode="multiple"
        escapeKeyBehavior="none"
        selectedKeys={here}
        onSelectionChange={(keys) => {
          const now = keys === "all" ? new Set<string>(names) : new Set([...keys].map(String));
          for (const name of names) if (now.has(name) !== here.includes(name)) onToggle(name);
        }}
        className={styles.list ?? ""}
      >
        {names.map((name) => {
          const user = users?.get(name);
          return (
            <ListBoxItem key={name} id={name} textValue={name} className={styles.item ?? ""}>
              {({ isSelected }) => (
                <PersonRow
                  name={name}
                  {...(user === undefined ? {} : { user })}
                  actions={
                    <span aria-hidden className={cx(styles.tick, isSelected && styles.ticked)}>
                      {isSelected && <Check />}
                    </span>
                  }
                />
              )}
            </ListBoxItem>
          );
        })}
      </ListBox>
    </section>
  );
}
