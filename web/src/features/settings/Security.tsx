/** The keys on this device, the key that others see, and who may add the user to groups. */

import { useState } from "react";
import { Link } from "wouter";
import { Copy, LockKeyhole, MonitorSmartphone } from "lucide-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { sentenceOf, useMe, useSession, useSotto } from "../../app/session";
import { Banner, Button, Card, EmptyState, RadioGroup, Skeleton, toast } from "../../ui";
import { grouped } from "./format";
import { PassphraseDialog, type PassphraseTask } from "./PassphraseDialog";
import styles from "./Settings.module.css";

/** Protection of the keys, fingerprint, invitations, devices. */
export function Security() {
  return (
    <>
      <Protection />
      <Fingerprint />
      <Invitations />
      <Card title="Other devices">
        <div className={styles.note}>
          <MonitorSmartphone aria-hidden />
          <p>
            To use this account on another device, open Sotto there and log in with your name and your 24 words. Devices share your
            contacts and verified keys; each keeps its own keys for reading.
          </p>
        </div>
      </Card>
    </>
  );
}

function Protection() {
  const session = useSession();
  const [task, setTask] = useState<PassphraseTask | null>(null);
  if (session.phase !== "in") return null;
  const locked = session.account.protection === "passphrase";
  return (
    <Card
      title="Keys on this device"
      description="Your keys never leave your devices. Here they lie in the browser’s own store, encrypted."
    >
      <div className={styles.note}>
        <LockKeyhole aria-hidden />
        <p>
          {locked
            ? "Locked by a passphrase: without it nobody opens this account here, not even with your device in hand."
            : "Locked by a key that the browser keeps and does not give out. Whoever can use this browser can use your account."}
        </p>
      </div>
      <div className={styles.buttons}>
        {locked ? (
          <>
            <Button onPress={() => setTask("change")}>Change passphrase</Button>
            <Button onPress={() => setTask("remove")}>Remove passphrase</Button>
          </>
        ) : (
          <Button onPress={() => setTask("set")}>Set a passphrase</Button>
        )}
      </div>
      {task !== null && <PassphraseDialog task={task} onClose={() => setTask(null)} />}
    </Card>
  );
}

function Fingerprint() {
  const { account } = useSotto();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(account.publicKey);
      toast({ text: "Copied.", tone: "good" });
    } catch {
      toast({ text: "The browser did not allow copying.", tone: "danger" });
    }
  };
  return (
    <Card
      title="Your public key"
      description={
        <>
          What others’ devices pin for you. It is no secret. To compare keys with someone, use the safety number on their{" "}
          <Link href="/people">profile</Link>.
        </>
      }
    >
      <code className={styles.key}>
        {grouped(account.publicKey, 4).map((group, place) => (
          <span key={place}>{group}</span>
        ))}
      </code>
      <div className={styles.buttons}>
        <Button icon={<Copy aria-hidden />} onPress={() => void copy()}>
          Copy
        </Button>
      </div>
    </Card>
  );
}

function Invitations() {
  const sotto = useSotto();
  const me = useMe();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (invites: "anyone" | "friends") => sotto.setProfile({ invites }),
    onSettled: () => client.invalidateQueries({ queryKey: ["me"] }),
    onError: (error) => toast({ text: `This was not changed. ${sentenceOf(error)}`, tone: "danger" }),
  });
  return (
    <Card title="Invitations" description="Who may add you to groups. One-to-one chats are between friends in any case.">
      {me.data ? (
        <RadioGroup<"anyone" | "friends">
          label="Who may add you to groups"
          hideLabel
          value={change.isPending ? change.variables : me.data.invites === "anyone" ? "anyone" : "friends"}
          onChange={(invites) => change.mutate(invites)}
          choices={[
            { value: "anyone", label: "Anyone", description: "Except people whom you have blocked." },
            { value: "friends", label: "Friends only" },
          ]}
        />
      ) : me.isError ? (
        <EmptyState
          fill={false}
          title="Your settings could not be read"
          actions={<Button onPress={() => void me.refetch()}>Try again</Button>}
        >
          {sentenceOf(me.error)}
        </EmptyState>
      ) : (
        <div className={styles.loading}>
          <Skeleton width="40%" />
          <Skeleton width="60%" />
        </div>
      )}
      {me.data && me.isError && <Banner inset>Shown as it was last known.</Banner>}
    </Card>
  );
}
