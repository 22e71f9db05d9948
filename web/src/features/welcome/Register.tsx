/** A new account, in three steps: the name, the words, some of the words again. */

import { useEffect, useRef, useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import { Check } from "lucide-react";
import { Sotto, SottoError } from "@sotto/sdk";
import { abandon, confirmed, enter, keep, sentenceOf, SERVER, storeFor, unconfirmed } from "../../app/session";
import { Banner, Button, Spinner, TextField } from "../../ui";
import { ConfirmWords } from "./ConfirmWords";
import { Frame } from "./Frame";
import { chosenPassphrase, NO_PASSPHRASE, PassphraseFields } from "./PassphraseFields";
import { ShowWords } from "./ShowWords";
import { nameProblem, tidyName } from "./username";
import { useAvailability } from "./useAvailability";
import { splitWords } from "./words";
import styles from "./forms.module.css";

interface Fresh {
  readonly sotto: Sotto;
  readonly words: readonly string[];
}

/** `/register`. */
export function Register() {
  const [, navigate] = useLocation();
  const [fresh, setFresh] = useState<Fresh | null>(null);
  const entered = useRef(false);
  const [written, setWritten] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    if (!fresh) return undefined;
    // The words are nowhere but on this page.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => {
      window.removeEventListener("beforeunload", ask);
      if (!entered.current) void abandon(fresh.sotto);
    };
  }, [fresh]);

  if (!fresh) return <ChooseName onDone={setFresh} />;
  if (!written) return <ShowWords words={fresh.words} username={fresh.sotto.username} onNext={() => setWritten(true)} />;
  const finish = async () => {
    try {
      confirmed(fresh.sotto.username);
      entered.current = true;
      await enter(fresh.sotto);
      navigate("/", { replace: true });
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return <ConfirmWords words={fresh.words} problem={problem} onBack={() => setWritten(false)} onDone={() => void finish()} />;
}

function ChooseName({ onDone }: { onDone: (fresh: Fresh) => void }) {
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState(NO_PASSPHRASE);
  const [checked, setChecked] = useState(false);
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const availability = useAvailability(name);

  const wrong = nameProblem(name);
  const shown =
    availability === "taken" ? "Somebody here has this name already." : wrong !== null && (checked || name !== "") ? wrong : null;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    const chosen = chosenPassphrase(passphrase);
    if (wrong !== null || availability === "taken" || chosen === null || working) return;
    setWorking(true);
    setProblem(null);
    try {
      const username = tidyName(name);
      const { sotto, account, words } = await Sotto.register(SERVER, username, { store: await storeFor(username) });
      // Kept before the words are shown: a closed tab must not lose the account.
      unconfirmed(username);
      await keep(account, chosen);
      onDone({ sotto, words: splitWords(words) });
    } catch (error) {
      setProblem(registerSentence(error));
      setWorking(false);
    }
  };

  return (
    <Frame
      title="Create an account"
      step="Step 1 of 3"
      back="/welcome"
      lead="Choose the name that others find you by. It cannot be changed later."
    >
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
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
          error={shown}
          description={
            availability === "free" ? (
              <span className={styles.free}>This name is free.</span>
            ) : (
              "Letters of any script, digits, spaces and signs; only @ / : are not taken."
            )
          }
          end={
            availability === "asking" && name !== "" ? (
              <Spinner label="Asking whether the name is free" />
            ) : availability === "free" ? (
              <Check aria-hidden className={styles.free} />
            ) : undefined
          }
        />
        <PassphraseFields choice={passphrase} onChange={setPassphrase} checked={checked} />
        <Button type="submit" variant="primary" size="large" wide isPending={working}>
          Go on
        </Button>
      </form>
    </Frame>
  );
}

function registerSentence(error: unknown): string {
  if (error instanceof SottoError) {
    if (error.isRefusal("username_taken")) return "Somebody here has this name already. Choose another one.";
    if (error.isRefusal("invalid_username")) return "The server does not take this name. Choose another one.";
    if (error.isRefusal("rate_limited")) return "Too many accounts were created from your address. Try again later.";
    if (error.kind === "connect") return "The server cannot be reached. Look at your connection, then try again.";
  }
  return sentenceOf(error);
}
