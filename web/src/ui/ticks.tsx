/** What is ticked or switched. */

import type { ReactNode } from "react";
import { CheckboxButton, CheckboxField } from "react-aria-components/Checkbox";
import { SwitchButton, SwitchField } from "react-aria-components/Switch";
import { Text } from "react-aria-components/TextField";
import { Check } from "lucide-react";
import { cx } from "./cx";
import styles from "./fields.module.css";

interface Ticked {
  readonly isSelected: boolean;
  readonly onChange: (selected: boolean) => void;
  readonly isDisabled?: boolean;
  readonly description?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A box to tick. */
export function Checkbox({ children, description, className, ...props }: Ticked) {
  return (
    <CheckboxField {...props} className={cx(styles.ticked, className)}>
      <CheckboxButton className={styles.tickLabel ?? ""}>
        <span className={styles.tick}>
          <Check aria-hidden strokeWidth={3} />
        </span>
        <span>{children}</span>
      </CheckboxButton>
      {description !== undefined && (
        <Text slot="description" className={cx(styles.description, styles.indented)} elementType="div">
          {description}
        </Text>
      )}
    </CheckboxField>
  );
}

/** Something that is on or off, at once; the text stands left, the switch right. */
export function Switch({ children, description, className, ...props }: Ticked) {
  return (
    <SwitchField {...props} className={cx(styles.ticked, className)}>
      <SwitchButton className={styles.switchLabel ?? ""}>
        <span>{children}</span>
        <span className={styles.track}>
          <span className={styles.thumb} />
        </span>
      </SwitchButton>
      {description !== undefined && (
        <Text slot="description" className={cx(styles.description, styles.beforeTrack)} elementType="div">
          {description}
        </Text>
      )}
    </SwitchField>
  );
}
