/** Naming a DM. The name is sealed: only members can read it. */

import type { Dm } from "@sotto/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useSotto } from "../../app/session";
import { Button, Dialog, TextField } from "../../ui";
import { nameProblem, sealedName } from "../new-dm";
import { sentenceFor } from "../people";
import styles from "./DmDetails.module.css";

export function RenameDialog({ dm, onClose }: { dm: Dm; onClose: () => void }) {
  const sotto = useSotto();
  const client = useQueryClient();
  const form = useId();
  const before = dm.name?.ok === true ? dm.name.value : "";
  const [name, setName] = useState(before);
  const problem = nameProblem(name);
  const next = sealedName(name) ?? null;
  const same = (next ?? "") === before;
  const rename = useMutation({
    mutationFn: () => sotto.rename(dm.id, next),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: ["dm", dm.id] }), client.invalidateQueries({ queryKey: ["dms"] })]);
      onClose();
    },
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Name of this chat"
      size="small"
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" form={form} variant="primary" isPending={rename.isPending} isDisabled={problem !== null || same}>
            Save name
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault();
          if (problem === null && !rename.isPending) rename.mutate();
        }}
      >
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          error={problem}
          description="All members see it, and nobody else. Leave it empty for none."
          autoComplete="off"
          autoFocus
        />
      </form>
      {rename.error !== null && (
        <p role="alert" className={styles.error}>
          {sentenceFor(rename.error, "rename")}
        </p>
      )}
    </Dialog>
  );
}
