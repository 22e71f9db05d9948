/** A list of people for the arrow keys; a press opens the profile. */

import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { cx, GridList, GridListItem } from "../../ui";
import { personPath } from "./names";
import styles from "./PeopleList.module.css";

/** `children` gives the content of a row; `selected` is the person whose profile is open. */
export function PeopleList({ label, names, selected, children }: {
  label: string;
  names: readonly string[];
  selected: string | null;
  children: (name: string) => ReactNode;
}) {
  const [, navigate] = useLocation();
  return (
    <GridList
      aria-label={label}
      className={styles.list ?? ""}
      onAction={(name) => {
        navigate(personPath(String(name)));
      }}
    >
      {names.map((name) => (
        <GridListItem key={name} id={name} textValue={name} className={cx(styles.item, name === selected && styles.selected)}>
          {children(name)}
        </GridListItem>
      ))}
    </GridList>
  );
}
