/** Three of the words again, drawn by chance: whoever can type them has them. */

import { useState, type FormEvent } from "react";
import { Banner, Button, TextField } from "../../ui";
import { Frame } from "./Frame";
import { drawPlaces, wordFits } from "./words";
import styles from "./forms.module.css";

interface Props {
  readonly words: readonly string[];
  readonly problem: string | null;
  /** To the words again; what is asked then changes. */
  readonly onBack: () => void;
  readonly onDone: () => void;
}

/** Step 3 of registering. */
export function ConfirmWords({ words, problem, onBack, onDone }: Props) {
  const [places] = useState(() => drawPlaces(words.length, 3));
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({});
  const [checked, setChecked] = useState(false);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    if (places.every((place) => wordFits(words, place, typed[place] ?? ""))) onDone();
  };
  return (
    <Frame title="Do you have them?" step="Step 3 of 3" lead="Type these three of your words, from your paper or your file.">
      <form className={styles.form} onSubmit={submit} noValidate autoComplete="off">
        {problem !== null && (
          <Banner tone="danger" inset role="alert">
            {problem}
          </Banner>
        )}
        <div className={styles.asked}>
          {places.map((place, order) => (
            <TextField
              key={place}
              label={`Word ${place + 1}`}
              value={typed[place] ?? ""}
              onChange={(word) => setTyped({ ...typed, [place]: word })}
              autoFocus={order === 0}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck="false"
              error={checked && !wordFits(words, place, typed[place] ?? "") ? `That is not word ${place + 1}.` : null}
            />
          ))}
        </div>
        <Button type="submit" variant="primary" size="large" wide>
          Enter Sotto
        </Button>
        <Button variant="quiet" wide onPress={onBack}>
          Show the words again
        </Button>
      </form>
    </Frame>
  );
}
