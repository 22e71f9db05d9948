/** Short notes in the corner: what was done, what went wrong. */

import {
  Button as AriaButton,
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  Text,
} from "react-aria-components/Toast";
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
  /** Stays until it is closed. */
  readonly stays?: boolean;
  /** Milliseconds until it goes, the pointer and the focus being elsewhere: at least 5,000; default 6,000, with an action 12,000. */
  readonly timeout?: number;
}

const queue = new ToastQueue<ToastNote>({ maxVisibleToasts: 3 });
const ICONS = { info: Info, good: CircleCheck, danger: CircleAlert };

/** Shows a note; answers the function that closes it. */
export function toast(note: ToastNote | string): () => void {
  const content = typeof note === "string" ? { text: note } : note;
  const timeout = Math.max(content.timeout ?? (content.action ? 12_000 : 6000), 5000);
  const key = queue.add(content, content.stays ? {} : { timeout });
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
