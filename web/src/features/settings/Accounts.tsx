/** The accounts whose keys are on this device. */

import { useState } from "react";
import { useLocation } from "wouter";
import { Check, LockKeyhole } from "lucide-react";
import type { SavedAccount } from "@sotto/sdk";
import { leave, sentenceOf, switchTo, useSession } from "../../app/session";
import { Avatar, Button, Card, LinkButton, Spinner, toast } from "../../ui";
import styles from "./Settings.module.css";

/** Switches between them, and leads to more. */
export function Accounts() {
  const session = useSession();
  const [, navigate] = useLocation();
  const [opening, setOpening] = useState<string | null>(null);
  if (session.phase !== "in") return null;

  const open = async (account: SavedAccount) => {
    setOpening(account.username);
    try {
      await switchTo(account);
      navigate(account.protection === "passphrase" ? "/unlock" : "/");
    } catch (error) {
      toast({ text: sentenceOf(error), tone: "danger" });
      setOpening(null);
    }
  };
  const lock = async () => {
    await leave();
    navigate("/welcome", { replace: true });
  };

  return (
    <>
      <Card title="On this device" description="One is open at a time; only that one receives messages here.">
        <ul className={styles.accounts}>
          {session.accounts.map((account) => {
            const present = account.username === session.account.username;
            return (
              <li key={account.username} className={styles.account}>
                <Avatar name={account.username} size={40} />
                <span className={styles.accountName}>{account.username}</span>
                {account.protection === "passphrase" && <LockKeyhole aria-label="Locked by a passphrase" className={styles.chevron} />}
                {present ? (
                  <span className={styles.present}>
                    <Check aria-hidden /> Open
                  </span>
                ) : opening === account.username ? (
                  <Spinner label="Opening" />
                ) : (
                  <Button size="small" isDisabled={opening !== null} onPress={() => void open(account)}>
                    Switch
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
        <div className={styles.buttons}>
          <LinkButton href="/register">Create another</LinkButton>
          <LinkButton href="/login">Log in to another</LinkButton>
        </div>
      </Card>
      <Card title="Close for now" description="Ends the session and keeps the keys and everything that is stored here.">
        <div className={styles.buttons}>
          <Button onPress={() => void lock()}>{session.account.protection === "passphrase" ? "Lock" : "Close session"}</Button>
        </div>
      </Card>
    </>
  );
}
