/** Sets, changes or removes the passphrase that locks the keys on this device. */

import { useState, type FormEvent } from "react";
import { passphraseFits, protect, sentenceOf } from "../../app/session";
import { Banner, Button, Dialog, TextField, toast } from "../../ui";
import { chosenPassphrase, NewPassphrase, NO_PASSPHRASE } from "../welcome";
import styles from "./Settings.module.css";

/** What is to be done. */
export type PassphraseTask = "set" | "change" | "remove";

const TITLES: Record<PassphraseTask, string> = { set: "Set a passphrase", change: "Change passphrase", remove: "Remove passphrase" };
const DONE: Record<PassphraseTask, string> = {
  set: "Your keys are locked by the passphrase.",
  change: "The passphrase is changed.",
  remove: "The passphrase is removed.",
};

/** Asks for the present passphrase first, where there is one. */
export function PassphraseDialog({ task, onClose }: { task: PassphraseTask; onClose: () => void }) {
  const [present, setPresent] = useState("");
  const [choice, setChoice] = useState({ ...NO_PASSPHRASE, on: true });
  const [checked, setChecked] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [working, setWorking] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    const passphrase = task === "remove" ? undefined : chosenPassphrase(choice);
    if (passphrase === null || working) return;
    setWorking(true);
    setProblem(null);
    try {
      if (task !== "set" && !(await passphraseFits(present))) {
        setWrong("That is not the passphrase.");
        return;
      }
      await protect(passphrase);
      toast({ text: DONE[task], tone: "good" });
      onClose();
    } catch (error) {
      setProblem(sentenceOf(error));
    } finally {
      setWorking(false);
    }
  };

  return (
    <Dialog isOpen onClose={onClose} title={TITLES[task]} size="small">
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <p className={styles.quiet}>
          {task === "remove"
            ? "The keys are then locked by this browser alone."
            : "Sotto asks for it each time it opens on this device. It cannot be reset; your 24 words stay the way back."}
        </p>
        {problem !== null && (
          <Banner tone="danger" inset role="alert">
            {problem}
          </Banner>
        )}
        {task !== "set" && (
          <TextField
            label="Present passphrase"
            type="password"
            autoComplete="current-password"
            autoFocus
            value={present}
            onChange={(typed) => {
              setPresent(typed);
              setWrong(null);
            }}
            error={wrong}
          />
        )}
        {task !== "remove" && <NewPassphrase choice={choice} onChange={setChoice} checked={checked} />}
        <div className={styles.formButtons}>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={working}>
            {task === "remove" ? "Remove" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
