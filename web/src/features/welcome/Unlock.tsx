/** An account on this device whose keys are locked by a passphrase. */

import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";
import type { SavedAccount } from "@sotto/sdk";
import { forget, leave, sentenceOf, switchTo } from "../../app/session";
import { Avatar, Button, confirm, TextField } from "../../ui";
import { Frame } from "./Frame";
import styles from "./forms.module.css";

/** `/unlock`. */
export function Unlock({ account }: { account: SavedAccount }) {
  const [, navigate] = useLocation();
  const [passphrase, setPassphrase] = useState("");
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (working) return;
    if (passphrase === "") {
      setProblem("Type your passphrase.");
      return;
    }
    setWorking(true);
    setProblem(null);
    try {
      await switchTo(account, passphrase);
      navigate("/", { replace: true });
    } catch (error) {
      setProblem(sentenceOf(error));
      setWorking(false);
    }
  };
  const giveUp = async () => {
    const yes = await confirm({
      title: "Forget this account here?",
      text: "Its keys and what is kept of it are removed from this device. You can log in again with your 24 words, and only with them.",
      action: "Forget it",
      danger: true,
    });
    if (!yes) return;
    await forget(account);
    navigate("/login", { replace: true });
  };
  const another = async () => {
    await leave();
    navigate("/welcome", { replace: true });
  };

  return (
    <Frame title="Unlock Sotto" lead="The keys of this account are locked by a passphrase.">
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <div className={styles.who}>
          <Avatar name={account.username} size={48} />
          <span className={styles.whoName}>{account.username}</span>
        </div>
        <TextField
          label="Passphrase"
          type="password"
          autoComplete="current-password"
          autoFocus
          value={passphrase}
          onChange={(typed) => {
            setPassphrase(typed);
            setProblem(null);
          }}
          error={problem}
        />
        <Button type="submit" variant="primary" size="large" wide isPending={working}>
          Unlock
        </Button>
        <Button variant="quiet" wide onPress={() => void another()}>
          Use another account
        </Button>
        <Button variant="quiet" wide onPress={() => void giveUp()}>
          I have forgotten the passphrase
        </Button>
      </form>
    </Frame>
  );
}
