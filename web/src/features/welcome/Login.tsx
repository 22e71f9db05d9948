/** An account that exists already, from its words. */

import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import { Sotto, SottoError } from "@sotto/sdk";
import { enter, keep, sentenceOf, SERVER, storeFor } from "../../app/session";
import { Banner, Button, TextField } from "../../ui";
import { Frame } from "./Frame";
import { chosenPassphrase, NO_PASSPHRASE, PassphraseFields } from "./PassphraseFields";
import { tidyName } from "./username";
import { splitWords, WORD_COUNT } from "./words";
import { WordsField } from "./WordsField";
import styles from "./forms.module.css";

/** `/login`. */
export function Login() {
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [words, setWords] = useState("");
  const [passphrase, setPassphrase] = useState(NO_PASSPHRASE);
  const [checked, setChecked] = useState(false);
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const count = splitWords(words).length;
  const countProblem =
    count === WORD_COUNT ? null : count === 0 ? "Type your 24 words." : `These are ${count} words; there are ${WORD_COUNT}.`;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    const chosen = chosenPassphrase(passphrase);
    if (name.trim() === "" || countProblem !== null || chosen === null || working) return;
    setWorking(true);
    setProblem(null);
    try {
      const username = tidyName(name.trim());
      const { sotto, account } = await Sotto.recover(SERVER, username, splitWords(words).join(" "), { store: await storeFor(username) });
      await keep(account, chosen);
      await enter(sotto);
      navigate("/", { replace: true });
    } catch (error) {
      setProblem(loginSentence(error));
      setWorking(false);
    }
  };

  return (
    <Frame title="Log in" back="/welcome" lead="With your name and the 24 words that you kept when you created the account.">
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate autoComplete="off">
        {problem !== null && (
          <Banner tone="danger" inset role="alert">
            {problem}
          </Banner>
        )}
        <TextField
          label="Name"
          name="username"
          value={name}
          onChange={setName}
          autoFocus
          autoComplete="username"
          autoCapitalize="none"
          spellCheck="false"
          error={checked && name.trim() === "" ? "Type your name." : null}
        />
        <WordsField value={words} onChange={setWords} error={checked ? countProblem : null} />
        <PassphraseFields choice={passphrase} onChange={setPassphrase} checked={checked} />
        <Button type="submit" variant="primary" size="large" wide isPending={working}>
          Log in
        </Button>
      </form>
    </Frame>
  );
}

function loginSentence(error: unknown): string {
  if (error instanceof SottoError) {
    if (error.isRefusal("no_such_user")) return "There is no account of this name on this server. Capital letters and accents count.";
    if (error.isRefusal("wrong_response")) return "These words belong to another account. Look at the name and the words.";
    if (error.isRefusal("locked_out")) return "Too many wrong attempts. Wait a few minutes, then try again.";
    if (error.code === "E_WORDS") return "These words do not fit together. One is misspelt, missing or in the wrong place.";
    if (error.kind === "connect") return "The server cannot be reached. Look at your connection, then try again.";
  }
  return sentenceOf(error);
}
