/** Choosing after how long messages destroy themselves. */

import { useState } from "react";
import { Button, Dialog, RadioGroup, Select, TextField } from "../../../ui";
import { spanText } from "../model/time";
import styles from "./dialogs.module.css";

/** The longest, in seconds. */
const LONGEST = 31_536_000;
const PRESETS = [30, 300, 3600, 86_400, 604_800];
const UNITS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const;
type Unit = keyof typeof UNITS;

/** Properties of {@link DestructDialog}. */
export interface DestructDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Seconds; null: off. */
  readonly value: number | null;
  readonly onChoose: (seconds: number | null) => void;
}

/** Presets, off, and any span up to a year. */
export function DestructDialog({ isOpen, ...rest }: DestructDialogProps) {
  return isOpen ? <Open {...rest} /> : null;
}

/** A span as a number of its largest whole unit. */
function split(seconds: number): readonly [string, Unit] {
  for (const unit of ["days", "hours", "minutes"] as const) if (seconds % UNITS[unit] === 0) return [String(seconds / UNITS[unit]), unit];
  return [String(seconds), "seconds"];
}

function Open({ onClose, value, onChoose }: Omit<DestructDialogProps, "isOpen">) {
  const custom = value !== null && !PRESETS.includes(value);
  const [choice, setChoice] = useState(value === null ? "off" : custom ? "custom" : String(value));
  const [initial] = useState(() => split(custom ? value : 600));
  const [number, setNumber] = useState(initial[0]);
  const [unit, setUnit] = useState<Unit>(initial[1]);
  const seconds = choice === "custom" ? (/^\d{1,8}$/.test(number) ? Number(number) * UNITS[unit] : Number.NaN) : Number(choice);
  const wrong = choice === "custom" && !(seconds >= 1 && seconds <= LONGEST);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Self-destruct"
      size="small"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            variant="primary"
            isDisabled={wrong}
            onPress={() => {
              onChoose(choice === "off" ? null : seconds);
            }}
          >
            Use
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <p className={styles.note}>
          What you send here from now on goes for everyone after this time, counted from the sending. Someone may still have kept a copy.
        </p>
        <RadioGroup
          label="Messages destroy themselves after"
          value={choice}
          onChange={setChoice}
          choices={[
            { value: "off", label: "Never" },
            ...PRESETS.map((preset) => ({ value: String(preset), label: spanText(preset) })),
            { value: "custom", label: "Another time" },
          ]}
        />
        {choice === "custom" && (
          <div className={styles.custom}>
            <TextField
              label="How many"
              inputMode="numeric"
              value={number}
              onChange={setNumber}
              error={wrong ? "From 1 second to a year." : null}
            />
            <Select
              label="Unit"
              value={unit}
              onChange={setUnit}
              choices={(Object.keys(UNITS) as Unit[]).map((each) => ({ value: each, label: each }))}
            />
          </div>
        )}
      </div>
    </Dialog>
  );
}
