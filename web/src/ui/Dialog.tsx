/** Windows over the page: for a task, and for a question (`confirm`). */

import { useSyncExternalStore, type ReactNode } from "react";
import { Dialog as AriaDialog, Heading } from "react-aria-components/Dialog";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { X } from "lucide-react";
import { Button, IconButton } from "./Button";
import styles from "./Dialog.module.css";

/** Properties of {@link Dialog}. */
export interface DialogProps {
  readonly isOpen: boolean;
  /** Called by Esc, the button and a press outside. */
  readonly onClose: () => void;
  readonly title: string;
  /** At the foot: the buttons, the chief one last. */
  readonly actions?: ReactNode;
  readonly size?: "small" | "normal" | "large";
  /** Whether Esc and a press outside close it; default true. */
  readonly isDismissable?: boolean;
  readonly children: ReactNode;
}

/** A modal window. On phones it stands at the foot of the screen. Focus goes in, stays in, and comes back. */
export function Dialog({ isOpen, onClose, title, actions, size = "normal", isDismissable = true, children }: DialogProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={isDismissable}
      isKeyboardDismissDisabled={!isDismissable}
      className={styles.overlay ?? ""}
    >
      <Modal className={`${styles.modal} ${styles[size]}`}>
        <AriaDialog className={styles.dialog ?? ""}>
          <header className={styles.header}>
            <Heading slot="title" level={2} className={styles.title ?? ""}>
              {title}
            </Heading>
            {isDismissable && (
              <IconButton aria-label="Close" onPress={onClose} tooltip={false}>
                <X aria-hidden />
              </IconButton>
            )}
          </header>
          <div className={`${styles.body} scroll`}>{children}</div>
          {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** A question that is answered with yes or no. */
export interface Question {
  readonly title: string;
  /** What follows from a yes, in a sentence or two. */
  readonly text: ReactNode;
  /** What the yes button says: the verb («Leave group»). */
  readonly action: string;
  readonly cancel?: string;
  /** It cannot be undone. */
  readonly danger?: boolean;
}

interface Asked {
  readonly question: Question;
  readonly answer: (yes: boolean) => void;
}

let asked: Asked | null = null;
const watchers = new Set<() => void>();

function ask(next: Asked | null) {
  asked?.answer(false);
  asked = next;
  for (const watcher of watchers) watcher();
}

/** Asks; resolves to whether the answer was yes. Esc and the no button are no. */
export function confirm(question: Question): Promise<boolean> {
  return new Promise((answer) => ask({ question, answer }));
}

/** Where questions appear; once, at the root. */
export function ConfirmRegion() {
  const current = useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => asked,
  );
  const answer = (yes: boolean) => {
    current?.answer(yes);
    ask(null);
  };
  return (
    <ModalOverlay
      isOpen={current !== null}
      onOpenChange={(open) => !open && answer(false)}
      isDismissable
      className={styles.overlay ?? ""}
    >
      <Modal className={`${styles.modal} ${styles.small}`}>
        <AriaDialog role="alertdialog" className={styles.dialog ?? ""}>
          <header className={styles.header}>
            <Heading slot="title" level={2} className={styles.title ?? ""}>
              {current?.question.title}
            </Heading>
          </header>
          <div className={styles.body}>{current?.question.text}</div>
          <footer className={styles.actions}>
            <Button autoFocus onPress={() => answer(false)}>
              {current?.question.cancel ?? "Cancel"}
            </Button>
            <Button variant={current?.question.danger ? "danger" : "primary"} onPress={() => answer(true)}>
              {current?.question.action}
            </Button>
          </footer>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
