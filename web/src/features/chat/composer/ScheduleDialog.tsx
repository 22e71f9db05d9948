/** Choosing when a message is to be sent. */

import { useId, useState } from "react";
import { Button, Dialog } from "../../../ui";
import { FURTHEST, fromField, momentError, presets, toField } from "./moments";
import styles from "./dialogs.module.css";

/** Properties of {@link ScheduleDialog}. */
export interface ScheduleDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** With the moment chosen, in milliseconds. */
  readonly onChoose: (ms: number) => void;
}

/** Suggestions, and a field for any moment within a year. */
export function ScheduleDialog({ isOpen, onClose, onChoose }: ScheduleDialogProps) {
  return isOpen ? <Open onClose={onClose} onChoose={onChoose} /> : null;
}

function Open({ onClose, onChoose }: Omit<ScheduleDialogProps, "isOpen">) {
  const [opened] = useState(() => Date.now());
  const [field, setField] = useState(() => toField(opened + 3_600_000));
  const [tried, setTried] = useState(false);
  const id = useId();
  const ms = fromField(field);
  const error = tried ? momentError(ms, Date.now()) : null;
  const choose = (): void => {
    setTried(true);
    if (ms !== null && momentError(ms, Date.now()) === null) onChoose(ms);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Send later"
      size="small"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={choose}>
            Schedule
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          choose();
        }}
      >
        <div role="group" aria-label="Suggestions" className={styles.presets}>
          {presets(opened).map(({ label, ms: at }) => (
            <Button
              key={label}
              size="small"
              onPress={() => {
                setField(toField(at));
              }}
            >
              {label}
            </Button>
          ))}
        </div>
        <div className={styles.field}>
          <label htmlFor={id}>Day and time</label>
          <input
            id={id}
            type="datetime-local"
            value={field}
            min={toField(opened)}
            max={toField(opened + FURTHEST)}
            aria-invalid={error !== null}
            aria-describedby={`${id}-note`}
            onChange={(event) => {
              setField(event.target.value);
            }}
          />
          <p id={`${id}-note`} role={error === null ? undefined : "alert"} className={error === null ? styles.note : styles.error}>
            {error ??
              `In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}. The server sends it, whether or not you are there.`}
          </p>
        </div>
      </form>
    </Dialog>
  );
}
