/** The reactions to a message as chips; a press adds or takes away one's own. */

import { useMemo } from "react";
import type { Message } from "@sotto/sdk";
import { Button, cx, Tooltip } from "../../../ui";
import { useRow } from "./rowContext";
import styles from "./Reactions.module.css";

const names = new Intl.ListFormat("en-GB", { type: "conjunction" });
/** A reaction is usually an emoji; more than this of a text is cut. */
const SHOWN = 24;

interface Chip {
  readonly text: string;
  readonly who: readonly string[];
  readonly mine: boolean;
}

function chipsOf({ reactions }: Message, me: string): { readonly chips: readonly Chip[]; readonly unreadable: readonly string[] } {
  const chips = new Map<string, { text: string; who: string[]; mine: boolean }>();
  const unreadable: string[] = [];
  for (const { sender, text } of reactions) {
    if (!text.ok) {
      unreadable.push(sender);
      continue;
    }
    const chip = chips.get(text.value) ?? { text: text.value, who: [], mine: false };
    chips.set(text.value, chip);
    const name = sender === me ? "you" : sender;
    if (!chip.who.includes(name)) chip.who.push(name);
    chip.mine ||= sender === me;
  }
  return { chips: [...chips.values()], unreadable };
}

/** Nothing where nobody has reacted. */
export function Reactions({ message }: { message: Message }) {
  const { me, onReact, canWrite } = useRow();
  const { chips, unreadable } = useMemo(() => chipsOf(message, me), [message, me]);
  if (message.reactions.length === 0) return null;
  return (
    <div role="group" aria-label="Reactions" className={styles.chips}>
      {chips.map(({ text, who, mine }) => (
        <Tooltip key={text} text={names.format(who)} placement="top">
          <Button
            size="small"
            className={cx(styles.chip, mine && styles.mine)}
            aria-label={`${text} from ${names.format(who)}. ${mine ? "Take yours away" : "React with it too"}`}
            isDisabled={!canWrite && !mine}
            onPress={() => {
              onReact(message, text);
            }}
          >
            <bdi className={styles.text}>{text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}</bdi>
            <span className={styles.count}>{who.length}</span>
          </Button>
        </Tooltip>
      ))}
      {unreadable.length > 0 && (
        <span className={styles.unreadable} title={`From ${names.format([...new Set(unreadable)])}`}>
          {unreadable.length === 1 ? "1 reaction cannot be read" : `${String(unreadable.length)} reactions cannot be read`}
        </span>
      )}
    </div>
  );
}
