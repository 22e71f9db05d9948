/** Everything about a changed key on the profile of its owner: both keys, what it may mean, and the decision. */

import type { Person } from "@sotto/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ShieldAlert } from "lucide-react";
import { useSotto } from "../../app/session";
import { Button, confirm, LinkButton, toast } from "../../ui";
import { personPath, sentenceFor } from "../people";
import { Digits } from "./Digits";
import { keyChangesOf } from "./key-changes";
import { useFingerprint } from "./numbers";
import styles from "./KeyChangePanel.module.css";

/** Accepting a key after asking; what went wrong stays with the caller. */
export function useAcceptKey(name: string) {
  const sotto = useSotto();
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (seen: string) => {
      await sotto.trust(name, seen);
      keyChangesOf(sotto).settled(name);
    },
    onSettled: () => Promise.all([["person", name], ["dms"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}

/** Asks before the new key is taken. */
export const askAccept = (name: string): Promise<boolean> =>
  confirm({
    title: `Accept the new key of ${name}?`,
    text:
      `Do this only if ${name} told you, by a way you trust, why the key is a new one. From then on you trust whoever holds it, ` +
      "on all your devices.",
    action: "Accept the new key",
    danger: true,
  });

/** Shows nothing unless the key of `person` has changed. */
export function KeyChangePanel({ person }: { person: Person }) {
  const name = person.user.username;
  const changed = person.key.state === "changed" ? person.key : null;
  const before = useFingerprint(name, changed?.pinned);
  const now = useFingerprint(name, changed?.seen);
  const accept = useAcceptKey(name);
  if (changed === null) return null;

  const decide = async (): Promise<void> => {
    if (!(await askAccept(name))) return;
    accept.mutate(changed.seen, {
      onSuccess: () => {
        toast({ text: `The new key of ${name} is accepted.`, tone: "good" });
      },
    });
  };

  return (
    <section className={styles.panel} aria-labelledby="key-change">
      <header className={styles.header}>
        <ShieldAlert aria-hidden className={styles.icon} />
        <h3 id="key-change">The key of {name} has changed</h3>
      </header>
      <p>
        That happens when {name} has lost the recovery words and begun anew. It also happens when somebody stands between you and reads
        along, the server included. From here the two look the same.
      </p>
      <p>Chats that you have go on with the old key. Nothing is sent under the new one until you decide.</p>
      <dl className={styles.keys}>
        <div>
          <dt>The key you know</dt>
          <dd>
            <Digits small groups={6} text={before.data} label="Fingerprint of the key you know" />
          </dd>
        </div>
        <div>
          <dt>The key shown now</dt>
          <dd>
            <Digits small groups={6} text={now.data} label="Fingerprint of the key shown now" />
          </dd>
        </div>
      </dl>
      <p>
        <strong>Compare first.</strong> Meet or call {name} and see whether you both have the same safety number. If you cannot, leave
        things as they are: nothing is lost by waiting.
      </p>
      {accept.error !== null && (
        <p role="alert" className={styles.error}>
          {sentenceFor(accept.error, "key")}
        </p>
      )}
      <div className={styles.actions}>
        <LinkButton variant="primary" href={`${personPath(name)}/verify`}>
          Compare safety numbers
        </LinkButton>
        <Button isPending={accept.isPending} onPress={() => void decide()}>
          Accept without comparing
        </Button>
      </div>
    </section>
  );
}
