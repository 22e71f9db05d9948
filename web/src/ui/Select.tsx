/** One of several, in a list that opens. */

import { Button as AriaButton } from "react-aria-components/Button";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { Label } from "react-aria-components/TextField";
import { Check, ChevronDown } from "lucide-react";
import type { ChoiceProps } from "./choice";
import { cx } from "./cx";
import { Notes } from "./field";
import styles from "./fields.module.css";

/** One of several, in a list that opens. */
export function Select<V extends string>({
  label,
  hideLabel,
  description,
  error,
  className,
  choices,
  value,
  onChange,
  ...props
}: ChoiceProps<V>) {
  return (
    <AriaSelect
      {...props}
      {...(hideLabel ? { "aria-label": label } : {})}
      value={value}
      onChange={(key) => {
        const chosen = choices.find((choice) => choice.value === key);
        if (chosen) onChange(chosen.value);
      }}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      className={cx(styles.field, className)}
    >
      {!hideLabel && <Label className={styles.label ?? ""}>{label}</Label>}
      <AriaButton className={cx(styles.box, styles.selectButton)}>
        <SelectValue className={styles.selectValue ?? ""} />
        <ChevronDown aria-hidden className={styles.searchIcon} />
      </AriaButton>
      <Notes description={description} error={error} />
      <Popover className={styles.popover ?? ""} offset={4}>
        <ListBox className={cx(styles.options, "scroll")} items={choices}>
          {(choice) => (
            <ListBoxItem id={choice.value} textValue={choice.label} className={styles.option ?? ""}>
              {({ isSelected }) => (
                <>
                  {choice.icon}
                  <span className={styles.optionText}>{choice.label}</span>
                  {isSelected && <Check aria-hidden className={styles.searchIcon} />}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
