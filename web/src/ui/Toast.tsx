/** Short notes in the corner: what was done, what went wrong. */

import { Button as AriaButton, UNSTABLE_Toast as AriaToast, UNSTABLE_ToastContent as ToastContent, Text } from "react-aria-components/Toast";
import { UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as AriaToastRegion } from "react-aria-components/Toast";
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { Button } from "./Button";
import styles from "./Toast.module.css";

/** A note. */
export interface ToastNote {
  readonly text: string;
  readonly tone?: "info" | "good" | "danger";
  /** One thing to do about it; closes the note. */
  readonly action?: { readonly label: string; readonly onPress: () => void };
  /** Stays until it is closed. Else it goes after 6 s, with an action after 12 s, and never while the pointer or the focus is on it. */
  readonly stays?: boolean;
}

const queue = new ToastQueue<ToastNote>({ maxVisibleToasts: 3 });
const ICONS = { info: Info, good: CircleCheck, danger: CircleAlert };

/** Shows a note; answers the function that closes it. */
export function toast(note: ToastNote | string): () => void {
  const content = typeof note === "string" ? { text: note } : note;
  const key = queue.add(content, content.stays ? {} : { timeout: content.action ? 12_000 : 6000 });
  return () => queue.close(key);
}

/** Where notes appear; once, at the root. */
export function ToastRegion() {
  return (
    <AriaToastRegion queue={queue} className={styles.region ?? ""} aria-label="Notes">
      {({ toast: each }) => {
        const { text, tone = "info", action } = each.content;
        const Icon = ICONS[tone];
        return (
          <AriaToast toast={each} className={`${styles.toast} ${styles[tone]}`}>
            <Icon aria-hidden className={styles.icon} />
            <ToastContent className={styles.content}>
              <Text slot="title">{text}</Text>
            </ToastContent>
            {action !== undefined && (
              <Button
                size="small"
                slot={null}
                onPress={() => {
                  queue.close(each.key);
                  action.onPress();
                }}
              >
                {action.label}
              </Button>
            )}
            <AriaButton slot="close" aria-label="Close" className={styles.close ?? ""}>
              <X aria-hidden />
            </AriaButton>
          </AriaToast>
        );
      }}
    </AriaToastRegion>
  );
}
