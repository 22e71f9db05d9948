/** One of a few, all of them shown. */

import { RadioButton, RadioField, RadioGroup as AriaRadioGroup } from "react-aria-components/RadioGroup";
import { Label, Text } from "react-aria-components/TextField";
import type { ChoiceProps } from "./choice";
import { cx } from "./cx";
import { Notes } from "./field";
import styles from "./fields.module.css";

/** One of a few, all of them shown. `cards`: side by side with icons. */
export function RadioGroup<V extends string>(group: ChoiceProps<V> & { readonly look?: "list" | "cards" }) {
  const { label, hideLabel, description, error, className, choices, onChange, look = "list", ...props } = group;
  return (
    <AriaRadioGroup
      {...props}
      {...(hideLabel ? { "aria-label": label } : {})}
      onChange={(value) => onChange(value as V)}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      className={cx(styles.field, className)}
    >
      {!hideLabel && <Label className={styles.label ?? ""}>{label}</Label>}
      <div className={look === "cards" ? styles.cards : styles.radios}>
        {choices.map((choice) => (
          <RadioField key={choice.value} value={choice.value} className={cx(styles.ticked, look === "cards" && styles.card)}>
            <RadioButton className={cx(styles.tickLabel, look === "cards" && styles.cardLabel)}>
              <span className={styles.dot} />
              {choice.icon}
              <span>{choice.label}</span>
            </RadioButton>
            {choice.description !== undefined && (
              <Text slot="description" className={cx(styles.description, styles.indented)} elementType="div">
                {choice.description}
              </Text>
            )}
          </RadioField>
        ))}
      </div>
      <Notes description={description} error={error} />
    </AriaRadioGroup>
  );
}
