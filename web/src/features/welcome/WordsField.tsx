/** Where recovery words are typed or pasted, with completion from the list of BIP-39. */

import { useEffect, useRef, useState } from "react";
import { Button, cx, TextArea } from "../../ui";
import { completions, splitWords, unfinished, unknownWords, WORD_COUNT } from "./words";
import styles from "./forms.module.css";

interface Props {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly error: string | null;
}

/** All 24 at once, or word by word. */
export function WordsField({ value, onChange, error }: Props) {
  const [list, setList] = useState<readonly string[]>([]);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    let gone = false;
    import("@scure/bip39/wordlists/english.js").then(
      ({ wordlist }) => !gone && setList(wordlist),
      // Without the list nothing is completed; the words are checked all the same when they are used.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);

  const count = splitWords(value).length;
  const beginning = unfinished(value);
  const offered = count <= WORD_COUNT ? completions(beginning, list) : [];
  const unknown = list.length > 0 ? unknownWords(value, new Set(list)) : [];
  const complete = (word: string) => {
    onChange(`${value.slice(0, value.length - beginning.length)}${word} `);
    field.current?.focus();
  };
  const odd = unknown.length > 0 ? `“${unknown[0]}” is not one of the words there are. Look at its spelling.` : null;
  return (
    <div>
      <TextArea
        label="Recovery words"
        value={value}
        onChange={onChange}
        rows={4}
        inputRef={field}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck="false"
        placeholder="Type or paste all 24 words, in order"
        error={error ?? odd}
      />
      <div className={styles.under}>
        <div className={styles.chips} role="group" aria-label="Complete the word">
          {offered.map((word) => (
            <Button key={word} size="small" onPress={() => complete(word)}>
              {word}
            </Button>
          ))}
        </div>
        <span className={cx(styles.count, count === WORD_COUNT && styles.full)} aria-live="off">
          {count} of {WORD_COUNT}
        </span>
      </div>
    </div>
  );
}
