/** Digits for comparing: groups of five in columns, read out group by group, copied as one line. */

import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { announce, Button, cx } from "../../ui";
import styles from "./Digits.module.css";

/** `text`: groups separated by spaces. `columns`: groups in a row. While `text` is not there, the room is kept. */
export function Digits({ text, groups, label, small }: { text: string | undefined; groups: 6 | 12; label: string; small?: boolean }) {
  const shown = text === undefined ? Array.from({ length: groups }, () => "·····") : (text.replace(/\s/gu, "").match(/\d{5}/gu) ?? []);
  return (
    <p className={cx(styles.digits, small && styles.small, text === undefined && styles.waiting)} role="group" aria-label={label}>
      {shown.map((group, at) => (
        <span key={at} className={styles.group} aria-hidden={text === undefined || undefined}>
          {group}
        </span>
      ))}
    </p>
  );
}

/** Copies a text; says that it did, or that it could not. */
export function CopyButton({ text, what }: { text: string | undefined; what: string }) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = async (): Promise<void> => {
    if (text === undefined) return;
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
      announce(`${what} copied`);
    } catch {
      setState("failed");
      announce("The browser does not allow copying here");
    }
  };
  return (
    <Button
      variant="quiet"
      size="small"
      isDisabled={text === undefined}
      icon={state === "copied" ? <Check aria-hidden /> : <Copy aria-hidden />}
      onPress={() => void copy()}
      onBlur={() => {
        setState("idle");
      }}
    >
      {state === "copied" ? "Copied" : state === "failed" ? "Not allowed here" : "Copy"}
    </Button>
  );
}
