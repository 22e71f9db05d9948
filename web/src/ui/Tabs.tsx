/** Tabs: a row of names, one panel. */

import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components/Tabs";
import { Badge } from "./Badge";
import { cx } from "./cx";
import styles from "./Tabs.module.css";

/** One tab. */
export interface TabItem<K extends string> {
  readonly id: K;
  readonly label: string;
  /** Beside the name, where it is not 0. */
  readonly count?: number;
  readonly content: ReactNode;
}

/** Properties of {@link Tabs}. */
export interface TabsProps<K extends string> {
  /** For screen readers. */
  readonly label: string;
  readonly selected: K;
  readonly onSelect: (id: K) => void;
  readonly tabs: readonly TabItem<K>[];
  readonly className?: string;
}

/** Only the selected panel is there; it fills the height that is left, and scrolls its own content. */
export function Tabs<K extends string>({ label, selected, onSelect, tabs, className }: TabsProps<K>) {
  return (
    <AriaTabs
      selectedKey={selected}
      onSelectionChange={(key) => {
        const tab = tabs.find((each) => each.id === key);
        if (tab && tab.id !== selected) onSelect(tab.id);
      }}
      className={cx(styles.tabs, className)}
    >
      <TabList aria-label={label} className={styles.list ?? ""}>
        {tabs.map((tab) => (
          <Tab key={tab.id} id={tab.id} className={styles.tab ?? ""}>
            {tab.label}
            {tab.count !== undefined && tab.count > 0 && <Badge count={tab.count} quiet />}
          </Tab>
        ))}
      </TabList>
      {tabs.map((tab) => (
        <TabPanel key={tab.id} id={tab.id} className={styles.panel ?? ""}>
          {tab.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
