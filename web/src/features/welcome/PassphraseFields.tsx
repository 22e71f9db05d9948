/** Whether the keys on this device are locked by a passphrase, and which. */

import { Switch, TextField } from "../../ui";
import { passphraseProblem, repeatProblem } from "./passphrase";
import styles from "./forms.module.css";

/** What is typed; `on`: whether there is to be one. */
export interface PassphraseChoice {
  readonly on: boolean;
  readonly passphrase: string;
  readonly repeated: string;
}

/** None. */
export const NO_PASSPHRASE: PassphraseChoice = { on: false, passphrase: "", repeated: "" };

/** The passphrase that was chosen, undefined for none; or null where it is not right yet. */
export function chosenPassphrase(choice: PassphraseChoice): string | undefined | null {
  if (!choice.on) return undefined;
  return (passphraseProblem(choice.passphrase) ?? repeatProblem(choice.passphrase, choice.repeated)) ? null : choice.passphrase;
}

interface Props {
  readonly choice: PassphraseChoice;
  readonly onChange: (choice: PassphraseChoice) => void;
  /** Whether to say what is wrong: after the first try. */
  readonly checked: boolean;
}

/** A switch, and two fields while it is on. */
export function PassphraseFields({ choice, onChange, checked }: Props) {
  return (
    <div className={styles.passphrase}>
      <Switch
        isSelected={choice.on}
        onChange={(on) => onChange({ ...NO_PASSPHRASE, on })}
        description="Sotto then asks for it each time it opens here. Your words stay the way back."
      >
        Lock with a passphrase
      </Switch>
      {choice.on && <NewPassphrase choice={choice} onChange={onChange} checked={checked} />}
    </div>
  );
}

/** The passphrase, twice. */
export function NewPassphrase({ choice, onChange, checked }: Props) {
  return (
    <>
      <TextField
        label="Passphrase"
        type="password"
        autoComplete="new-password"
        value={choice.passphrase}
        onChange={(passphrase) => onChange({ ...choice, passphrase })}
        error={checked ? passphraseProblem(choice.passphrase) : null}
      />
      <TextField
        label="Once more"
        type="password"
        autoComplete="new-password"
        value={choice.repeated}
        onChange={(repeated) => onChange({ ...choice, repeated })}
        error={checked ? repeatProblem(choice.passphrase, choice.repeated) : null}
      />
    </>
  );
}
