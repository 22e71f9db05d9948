/** What is typed or chosen in forms: text, search, checkbox, switch, radio group, select. */

import type { KeyboardEventHandler, ReactNode, Ref } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { CheckboxButton, CheckboxField } from "react-aria-components/Checkbox";
import { FieldError, Input, Label, Text, TextArea as AriaTextArea, TextField as AriaTextField } from "react-aria-components/TextField";
import { ListBox, ListBoxItem } from "react-aria-components/ListBox";
import { Popover } from "react-aria-components/Popover";
import { RadioButton, RadioField, RadioGroup as AriaRadioGroup } from "react-aria-components/RadioGroup";
import { SearchField as AriaSearchField } from "react-aria-components/SearchField";
import { Select as AriaSelect, SelectValue } from "react-aria-components/Select";
import { SwitchButton, SwitchField } from "react-aria-components/Switch";
import { Check, ChevronDown, Search, X } from "lucide-react";
import { cx } from "./cx";
import styles from "./fields.module.css";

interface Field {
  /** What it is for; `hideLabel` leaves it to screen readers. */
  readonly label: string;
  readonly hideLabel?: boolean;
  /** Below the field. */
  readonly description?: ReactNode;
  /** What is wrong with it; shown instead of the description and announced. */
  readonly error?: string | null;
  readonly isDisabled?: boolean;
  readonly className?: string;
}

interface TextProps extends Field {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly name?: string;
  readonly autoFocus?: boolean;
  readonly maxLength?: number;
  readonly autoComplete?: string;
  readonly autoCapitalize?: "none" | "sentences" | "words" | "off";
  readonly spellCheck?: "true" | "false";
  readonly isReadOnly?: boolean;
  readonly isRequired?: boolean;
  readonly onBlur?: () => void;
}

/** Properties of {@link TextField}. */
export interface TextFieldProps extends TextProps {
  readonly type?: "text" | "password" | "url" | "email";
  readonly inputMode?: "text" | "numeric" | "search" | "none";
  /** At the end of the field: a button, a spinner. */
  readonly end?: ReactNode;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onKeyDown?: KeyboardEventHandler<HTMLInputElement>;
}

function Notes({ description, error }: Pick<Field, "description" | "error">) {
  return (
    <>
      {description !== undefined && !error && (
        <Text slot="description" className={styles.description ?? ""} elementType="div">
          {description}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </>
  );
}

/** One line of text. */
export function TextField({ label, hideLabel, description, error, className, placeholder, end, inputRef, inputMode, onKeyDown, ...props }: TextFieldProps) {
  return (
    <AriaTextField
      {...props}
      {...(hideLabel ? { "aria-label": label } : {})}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      className={cx(styles.field, className)}
    >
      {!hideLabel && <Label className={styles.label ?? ""}>{label}</Label>}
      <div className={styles.box}>
        <Input ref={inputRef} className={styles.input ?? ""} placeholder={placeholder} inputMode={inputMode} onKeyDown={onKeyDown} />
        {end !== undefined && <div className={styles.end}>{end}</div>}
      </div>
      <Notes description={description} error={error} />
    </AriaTextField>
  );
}

/** Properties of {@link TextArea}. */
export interface TextAreaProps extends TextProps {
  readonly rows?: number;
  readonly inputRef?: Ref<HTMLTextAreaElement>;
  readonly onKeyDown?: KeyboardEventHandler<HTMLTextAreaElement>;
}

/** Several lines of text; grows with its content where the browser can (`field-sizing`). */
export function TextArea({ label, hideLabel, description, error, className, placeholder, rows = 3, inputRef, onKeyDown, ...props }: TextAreaProps) {
  return (
    <AriaTextField
      {...props}
      {...(hideLabel ? { "aria-label": label } : {})}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      className={cx(styles.field, className)}
    >
      {!hideLabel && <Label className={styles.label ?? ""}>{label}</Label>}
      <AriaTextArea
        ref={inputRef}
        className={cx(styles.box, styles.area)}
        placeholder={placeholder}
        rows={rows}
        onKeyDown={onKeyDown}
      />
      <Notes description={description} error={error} />
    </AriaTextField>
  );
}

/** Properties of {@link SearchField}. */
export interface SearchFieldProps extends Omit<TextProps, "error" | "description" | "isReadOnly"> {
  readonly onSubmit?: (value: string) => void;
  readonly inputRef?: Ref<HTMLInputElement>;
  readonly onKeyDown?: KeyboardEventHandler<HTMLInputElement>;
}

/** A search: its label is its placeholder too; Esc and a button clear it. */
export function SearchField({ label, hideLabel = true, className, placeholder, inputRef, onKeyDown, ...props }: SearchFieldProps) {
  return (
    <AriaSearchField {...props} {...(hideLabel ? { "aria-label": label } : {})} className={cx(styles.field, className)}>
      {({ isEmpty }) => (
        <>
          {!hideLabel && <Label className={styles.label ?? ""}>{label}</Label>}
          <div className={cx(styles.box, styles.search)}>
            <Search aria-hidden className={styles.searchIcon} />
            <Input ref={inputRef} className={styles.input ?? ""} placeholder={placeholder ?? label} onKeyDown={onKeyDown} />
            <AriaButton className={cx(styles.clear, isEmpty && styles.absent)} aria-label="Clear">
              <X aria-hidden />
            </AriaButton>
          </div>
        </>
      )}
    </AriaSearchField>
  );
}

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

/** One of what may be chosen. */
export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly description?: ReactNode;
  readonly icon?: ReactNode;
}

interface ChoiceProps<V extends string> extends Field {
  readonly value: V | null;
  readonly onChange: (value: V) => void;
  readonly choices: readonly Choice<V>[];
}

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

/** One of several, in a list that opens. */
export function Select<V extends string>({ label, hideLabel, description, error, className, choices, value, onChange, ...props }: ChoiceProps<V>) {
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
