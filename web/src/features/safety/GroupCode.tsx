/** The group code of a DM (C-408): the same for everybody in it if all are in the same group. */

import { useQuery } from "@tanstack/react-query";
import { useSotto } from "../../app/session";
import { sentenceFor } from "../people";
import { CopyButton, Digits } from "./Digits";
import styles from "./GroupCode.module.css";

export function GroupCode({ dm }: { dm: number }) {
  const sotto = useSotto();
  const code = useQuery({ queryKey: ["group-code", dm], queryFn: () => sotto.groupCode(dm) });
  if (code.error !== null) {
    return (
      <p role="alert" className={styles.error}>
        {sentenceFor(code.error, "look")}
      </p>
    );
  }
  return (
    <div className={styles.code}>
      <Digits small groups={12} text={code.data} label="Group code" />
      <CopyButton text={code.data} what="Group code" />
    </div>
  );
}
