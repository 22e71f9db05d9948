/** What is typed: a line, several lines, a search. */

import type { KeyboardEventHandler, ReactNode, Ref } from "react";
import { Button as AriaButton } from "react-aria-components/Button";
import { Input, Label, TextArea as AriaTextArea, TextField as AriaTextField } from "react-aria-components/TextField";
import { SearchField as AriaSearchField } from "react-aria-components/SearchField";
import { Search, X } from "lucide-react";
import { cx } from "./cx";
import { type Field, Notes } from "./field";
import styles from "./fields.module.css";

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

/** One line of text. */
export function TextField({
  label,
  hideLabel,
  description,
  error,
  className,
  placeholder,
  end,
  inputRef,
  inputMode,
  onKeyDown,
  ...props
}: TextFieldProps) {
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
export function TextArea({
  label,
  hideLabel,
  description,
  error,
  className,
  placeholder,
  rows = 3,
  inputRef,
  onKeyDown,
  ...props
}: TextAreaProps) {
  return (
    <AriaTextField
      {...props}
      {...(hideLabel ? { "aria-label": label } : {})}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
      className={cx(styles.field, className)}
    >
      {!hideLabel && <Label className={styles.label ?? ""}>{label}</Label>}
      <AriaTextArea ref={inputRef} className={cx(styles.box, styles.area)} placeholder={placeholder} rows={rows} onKeyDown={onKeyDown} />
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
