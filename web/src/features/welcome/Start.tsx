/** The first page: the accounts that are kept here, and two ways to another one. */

import { useState } from "react";
import { useLocation } from "wouter";
import { ChevronRight, LockKeyhole } from "lucide-react";
import type { SavedAccount } from "@sotto/sdk";
import { sentenceOf, switchTo, useSession } from "../../app/session";
import { Avatar, Banner, LinkButton, Spinner } from "../../ui";
import { Frame } from "./Frame";
import styles from "./Start.module.css";

/** `/welcome`. */
export function Start() {
  const session = useSession();
  const [, navigate] = useLocation();
  const [opening, setOpening] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(session.phase === "out" ? (session.problem ?? null) : null);
  const accounts = session.phase === "out" || session.phase === "locked" ? session.accounts : [];

  const open = async (account: SavedAccount) => {
    setOpening(account.username);
    setProblem(null);
    try {
      await switchTo(account);
      navigate(account.protection === "passphrase" ? "/unlock" : "/");
    } catch (error) {
      setProblem(sentenceOf(error));
      setOpening(null);
    }
  };

  const known = accounts.length > 0;
  return (
    <Frame
      first
      title={known ? "Welcome back" : "Welcome"}
      lead={known ? "Choose an account that is kept on this device." : "Private messages and calls between people who know each other."}
    >
      {problem !== null && (
        <Banner tone="danger" inset role="alert">
          {problem}
        </Banner>
      )}
      {known && (
        <ul className={styles.accounts}>
          {accounts.map((account) => (
            <li key={account.username}>
              <button type="button" className={styles.account} disabled={opening !== null} onClick={() => void open(account)}>
                <Avatar name={account.username} size={40} />
                <span className={styles.accountName}>{account.username}</span>
                {opening === account.username ? (
                  <Spinner label="Opening" />
                ) : account.protection === "passphrase" ? (
                  <LockKeyhole aria-label="Locked by a passphrase" />
                ) : (
                  <ChevronRight aria-hidden />
                )}
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.ways}>
        <LinkButton href="/register" variant={known ? "secondary" : "primary"} size="large" wide>
          Create an account
        </LinkButton>
        <LinkButton href="/login" size="large" wide>
          Log in with your words
        </LinkButton>
      </div>
      <p className={styles.note}>Sotto asks for nothing but a name. What you write is encrypted on this device, before it leaves.</p>
    </Frame>
  );
}
