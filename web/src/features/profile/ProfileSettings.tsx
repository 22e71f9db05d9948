/** One's own profile: picture, status, a few words. A part of the settings. */

import type { protocol } from "@sotto/sdk";
import { Check } from "lucide-react";
import { useId, useState } from "react";
import { useMe } from "../../app/session";
import { Button, Card, cx, RadioGroup, Skeleton, TextArea, TextField } from "../../ui";
import { PRESETS, sentenceFor, Unloaded } from "../people";
import { BIOGRAPHY_LIMIT, biographyProblem, cleanText, codePoints, STATUS_LIMIT, statusProblem } from "./limits";
import { PictureCard } from "./PictureCard";
import styles from "./ProfileSettings.module.css";
import { useSetProfile } from "./useSetProfile";

/** Cards for a column; the bar above them is the settings' own. */
export function ProfileSettings() {
  const me = useMe();
  if (me.data === undefined) {
    return (
      <Unloaded query={me} title="Your profile could not be read">
        <div role="status" aria-label="Loading your profile" className={styles.waiting}>
          <Skeleton shape="box" width="100%" height="9rem" />
          <Skeleton shape="box" width="100%" height="16rem" />
          <Skeleton shape="box" width="100%" height="12rem" />
        </div>
      </Unloaded>
    );
  }
  return (
    <>
      <p className={styles.open}>Everybody on this server can see your profile, and so can whoever runs it. It is not encrypted.</p>
      <PictureCard me={me.data} />
      <StatusCard me={me.data} />
      <BiographyCard me={me.data} />
    </>
  );
}

/** How saving went, beside its button. */
function Saved({ mutation }: { mutation: ReturnType<typeof useSetProfile> }) {
  if (mutation.error !== null) {
    return (
      <p role="alert" className={styles.error}>
        {sentenceFor(mutation.error, "save")}
      </p>
    );
  }
  return (
    <p role="status" className={styles.saved}>
      {mutation.isSuccess && (
        <>
          <Check aria-hidden />
          Saved
        </>
      )}
    </p>
  );
}

const OWN = "own words";

function StatusCard({ me }: { me: protocol.FullUser }) {
  const save = useSetProfile();
  const stored = PRESETS.find((preset) => preset.status === me.status)?.status;
  const [writing, setWriting] = useState(stored === undefined);
  const [draft, setDraft] = useState(stored === undefined ? me.status : "");
  const status = cleanText(draft).trim();
  const problem = statusProblem(draft);
  // What is being saved counts as chosen, so that the dot does not jump back meanwhile.
  const chosen = writing ? OWN : save.isPending ? (save.variables.status ?? me.status) : (stored ?? OWN);
  return (
    <Card title="Status" description="While none of your devices is connected, others see you as offline.">
      <RadioGroup
        label="Status"
        hideLabel
        value={chosen}
        onChange={(value) => {
          setWriting(value === OWN);
          if (value === OWN) save.reset();
          else save.mutate({ status: value });
        }}
        choices={[
          ...PRESETS.map((preset) => ({ value: preset.status as string, label: preset.label, description: preset.hint })),
          { value: OWN, label: "In your own words" },
        ]}
      />
      {writing && (
        <form
          className={styles.own}
          onSubmit={(event) => {
            event.preventDefault();
            if (problem === null) save.mutate({ status });
          }}
        >
          <TextField
            label="Your words"
            value={draft}
            onChange={(text) => {
              setDraft(text);
              if (!save.isIdle && !save.isPending) save.reset();
            }}
            placeholder="At the sea until Monday"
            error={codePoints(status) > STATUS_LIMIT ? problem : null}
            description={`${codePoints(status)} of ${STATUS_LIMIT} characters`}
          />
          <div className={styles.row}>
            <Button type="submit" variant="primary" isPending={save.isPending} isDisabled={problem !== null || status === me.status}>
              Save status
            </Button>
            <Saved mutation={save} />
          </div>
        </form>
      )}
      {!writing && <Saved mutation={save} />}
    </Card>
  );
}

function BiographyCard({ me }: { me: protocol.FullUser }) {
  const save = useSetProfile();
  // Until something is typed, it is what the server has, which another device may change.
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? me.biography;
  const biography = cleanText(text).trim();
  const problem = biographyProblem(text);
  const count = codePoints(biography);
  const counter = useId();
  return (
    <Card title="About you">
      <form
        className={styles.own}
        onSubmit={(event) => {
          event.preventDefault();
          if (problem !== null) return;
          save.mutate(
            { biography },
            {
              onSuccess: () => {
                setDraft(null);
              },
            },
          );
        }}
      >
        <TextArea
          label="A few words about yourself"
          rows={4}
          value={text}
          onChange={(typed) => {
            setDraft(typed);
            if (!save.isIdle && !save.isPending) save.reset();
          }}
          error={problem}
        />
        <div className={styles.row}>
          <Button
            type="submit"
            variant="primary"
            isPending={save.isPending}
            isDisabled={problem !== null || biography === me.biography}
            aria-describedby={counter}
          >
            Save
          </Button>
          <Saved mutation={save} />
          <p id={counter} className={cx(styles.counter, problem !== null && styles.over)}>
            {count} of {BIOGRAPHY_LIMIT} characters
          </p>
        </div>
      </form>
    </Card>
  );
}
