/** The safety number of somebody: shown, compared by camera or by digits, and remembered as compared. */

import type { Person } from "@sotto/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, Camera, ShieldAlert, ShieldCheck, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useSotto } from "../../app/session";
import { Banner, Button, Card, EmptyState, ScreenBar, ScreenBody, Skeleton, TextArea, toast } from "../../ui";
import { personPath, sentenceFor, Unloaded, useFreshPerson } from "../people";
import { compareDigits } from "./comparison";
import { CopyButton, Digits } from "./Digits";
import { keyChangesOf } from "./key-changes";
import { useSafetyNumber } from "./numbers";
import { judgeScan, safetyPayload, type ScanVerdict } from "./payload";
import { QrCode } from "./QrCode";
import { qrDetector, type Detector } from "./scan";
import { ScanDialog } from "./ScanDialog";
import styles from "./VerifyScreen.module.css";

/** How a comparison ended. */
type Outcome = ScanVerdict["verdict"];

export function VerifyScreen({ name }: { name: string }) {
  const person = useFreshPerson(name);
  const self = useSotto().username;
  return (
    <>
      <ScreenBar title="Safety number" back={personPath(name)} backAlways />
      <ScreenBody narrow>
        {name === self ? (
          <EmptyState icon={<ShieldCheck />} title="That is you">
            A safety number stands between two people.
          </EmptyState>
        ) : person.data !== undefined ? (
          <Verify person={person.data} />
        ) : (
          <Unloaded query={person} title="The key could not be looked up">
            <Skeleton shape="box" height="24rem" width="100%" />
          </Unloaded>
        )}
      </ScreenBody>
    </>
  );
}

function Verify({ person }: { person: Person }) {
  const self = useSotto().username;
  const name = person.user.username;
  const key = person.user.public_key;
  const changed = person.key.state === "changed";
  const verified = person.key.state === "pinned" && person.key.verified;
  const number = useSafetyNumber(name, key);
  // What was compared holds for the key that was shown then.
  const [compared, setCompared] = useState<{ key: string; outcome: Outcome; others?: string } | null>(null);
  const outcome = compared?.key === key ? compared : null;

  const judged = (verdict: ScanVerdict): void => {
    const others = verdict.verdict === "others" ? verdict.names.join(" and ") : undefined;
    setCompared({ key, outcome: verdict.verdict, ...(others === undefined ? {} : { others }) });
  };

  if (number.error !== null) {
    return (
      <EmptyState role="alert" icon={<TriangleAlert />} title="That key cannot be used">
        The server shows something for {name} that is no key. Ask whoever runs this server.
      </EmptyState>
    );
  }
  return (
    <>
      {changed && (
        <Banner inset tone="warn">
          The key of {name} has changed. This is the number of the <strong>new</strong> key: the one to compare before you accept it.
        </Banner>
      )}
      {verified && outcome === null && (
        <p className={styles.verified}>
          <ShieldCheck aria-hidden />
          You have compared this number with {name}.
        </p>
      )}
      <p className={styles.lead}>
        If {name} sees the same number, nobody stands between you. Compare it when you meet, or in a call in which you know the voice; not
        in a chat here.
      </p>
      <section className={styles.number} aria-label="Your safety number">
        <div className={styles.code}>
          {number.data === undefined ? (
            <Skeleton shape="box" width="100%" height="100%" />
          ) : (
            <QrCode text={safetyPayload(self, name, number.data)} label={`QR code of the safety number of you and ${name}`} />
          )}
        </div>
        <div className={styles.digits}>
          <Digits groups={12} text={number.data} label={`Safety number of you and ${name}`} />
          <CopyButton text={number.data} what="Safety number" />
        </div>
      </section>
      {outcome === null || outcome.outcome === "foreign" || outcome.outcome === "others" ? (
        <Compare name={name} number={number.data} outcome={outcome} onVerdict={judged} />
      ) : (
        <Verdict
          person={person}
          outcome={outcome.outcome}
          onAgain={() => {
            setCompared(null);
          }}
        />
      )}
    </>
  );
}

interface CompareProps {
  readonly name: string;
  readonly number: string | undefined;
  readonly outcome: { readonly outcome: Outcome; readonly others?: string } | null;
  readonly onVerdict: (verdict: ScanVerdict) => void;
}

/** The ways to compare: the camera where the browser reads codes, typed or pasted digits, and one's own eyes. */
function Compare({ name, number, outcome, onVerdict }: CompareProps) {
  const self = useSotto().username;
  const [detector, setDetector] = useState<Detector | null>(null);
  const [scanning, setScanning] = useState(false);
  const [typed, setTyped] = useState("");
  useEffect(() => {
    let current = true;
    void qrDetector().then((found) => {
      if (current) setDetector(found);
    });
    return () => {
      current = false;
    };
  }, []);

  const comparison = compareDigits(number ?? "", typed);
  const onTyped = (text: string): void => {
    setTyped(text);
    if (number === undefined) return;
    const { state } = compareDigits(number, text);
    if (state === "match") onVerdict({ verdict: "match" });
  };

  return (
    <Card title="Compare">
      {detector !== null && (
        <Button
          icon={<Camera aria-hidden />}
          isDisabled={number === undefined}
          onPress={() => {
            setScanning(true);
          }}
        >
          {`Scan the code on ${name}’s screen`}
        </Button>
      )}
      {detector !== null && scanning && number !== undefined && (
        <ScanDialog
          detector={detector}
          name={name}
          onClose={() => {
            setScanning(false);
          }}
          onCode={(text) => {
            setScanning(false);
            onVerdict(judgeScan(text, self, name, number));
          }}
        />
      )}
      {outcome?.outcome === "others" && (
        <p role="alert" className={styles.hint}>
          That is the code of {outcome.others}, not of you and {name}. Let {name} open your profile and show the safety number there.
        </p>
      )}
      {outcome?.outcome === "foreign" && (
        <p role="alert" className={styles.hint}>
          That is another kind of code. Let {name} open your profile and show the safety number there.
        </p>
      )}
      <TextArea
        label={`${name}’s number`}
        rows={2}
        value={typed}
        onChange={onTyped}
        spellCheck="false"
        autoComplete="off"
        placeholder="Type or paste the 60 digits"
        error={
          comparison.state !== "mismatch"
            ? null
            : comparison.group === null
              ? "Those are more than 60 digits."
              : `Group ${comparison.group} differs. If it is no slip of the pen, the numbers are not the same.`
        }
        description={
          comparison.state === "incomplete" && comparison.missing < 60
            ? `${comparison.missing} digits to go; the same so far.`
            : "It is compared here, on this device."
        }
      />
      <div className={styles.row}>
        <Button
          variant="primary"
          isDisabled={number === undefined}
          onPress={() => {
            onVerdict({ verdict: "match" });
          }}
        >
          The numbers are the same
        </Button>
        <Button
          isDisabled={number === undefined}
          onPress={() => {
            onVerdict({ verdict: "mismatch" });
          }}
        >
          They differ
        </Button>
      </div>
    </Card>
  );
}

interface VerdictProps {
  readonly person: Person;
  readonly outcome: "match" | "mismatch";
  readonly onAgain: () => void;
}

/** What follows from a comparison. */
function Verdict({ person, outcome, onAgain }: VerdictProps) {
  const sotto = useSotto();
  const client = useQueryClient();
  const name = person.user.username;
  const changed = person.key.state === "changed";
  const verified = person.key.state === "pinned" && person.key.verified;
  const verify = useMutation({
    mutationFn: async () => {
      // No other key than the one that was compared.
      if (changed) await sotto.trust(name, person.user.public_key);
      await sotto.verify(name, person.user.public_key);
      keyChangesOf(sotto).settled(name);
    },
    onSuccess: () => {
      toast({ text: `${name} is verified.`, tone: "good" });
    },
    onSettled: () => Promise.all([["person", name], ["dms"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });

  if (outcome === "mismatch") {
    return (
      <section role="alert" className={`${styles.verdict} ${styles.bad}`}>
        <h3 className={styles.verdictTitle}>
          <ShieldAlert aria-hidden />
          The numbers differ
        </h3>
        <p>
          The key that you see for {name} is not the one that {name} has, or the reverse. Somebody may be reading along: the server, or
          whoever controls it. Do not write anything private here, and{" "}
          {changed ? "do not accept the new key." : "tell each other by another way."}
        </p>
        <p>First make sure that both of you look at the number of you two, and that both apps are up to date.</p>
        <div className={styles.row}>
          <Button onPress={onAgain}>Compare again</Button>
        </div>
      </section>
    );
  }
  return (
    <section role="status" className={`${styles.verdict} ${styles.good}`}>
      <h3 className={styles.verdictTitle}>
        <CircleCheck aria-hidden />
        The numbers are the same
      </h3>
      <p>
        {verified
          ? `${name} is marked as verified. You are warned if the key ever changes.`
          : `Nobody stands between you and ${name}. Remember that, and you are warned if the key ever changes.`}
      </p>
      {verify.error !== null && (
        <p role="alert" className={styles.error}>
          {sentenceFor(verify.error, "key")}
        </p>
      )}
      <div className={styles.row}>
        {!verified && (
          <Button
            variant="primary"
            icon={<ShieldCheck aria-hidden />}
            isPending={verify.isPending}
            onPress={() => {
              verify.mutate();
            }}
          >
            {changed ? "Accept the new key as verified" : "Mark as verified"}
          </Button>
        )}
        <Button onPress={onAgain}>{verified ? "Compare again" : "Not yet"}</Button>
      </div>
    </section>
  );
}
