/** What one does with a message: react, pin, delete, copy; failures are told in a note. */

import { useMemo } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { Message } from "@sotto/sdk";
import { useSotto } from "../../../app/session";
import { confirm, toast } from "../../../ui";
import { asError, sendErrorText } from "../model/errors";

/** The deeds of {@link useMessageActions}. */
export interface MessageActions {
  /** Adds the reaction, or takes one's own away where it is there already. */
  readonly react: (message: Message, text: string) => void;
  readonly pin: (message: Message, pinned: boolean) => void;
  /** Asks first. */
  readonly remove: (message: Message) => void;
  readonly copy: (message: Message) => void;
}

const tell =
  (deed: string) =>
  (thrown: unknown): void => {
    toast({ text: `${deed} ${sendErrorText(asError(thrown))}`, tone: "danger" });
  };

/** The deeds, stable while the session lasts. */
export function useMessageActions(): MessageActions {
  const sotto = useSotto();
  const client = useQueryClient();
  return useMemo(
    () => ({
      react: (message, text) => {
        const own = message.reactions.find(
          (reaction) => reaction.sender === sotto.username && reaction.text.ok && reaction.text.value === text,
        );
        (own === undefined ? sotto.react(message.id, text) : sotto.unreact(own.id)).catch(tell("The reaction did not go through."));
      },
      pin: (message, pinned) => {
        sotto
          .pin(message.id, pinned)
          .then(() => client.invalidateQueries({ queryKey: ["pinned", message.dm] }))
          .catch(tell(pinned ? "The message was not pinned." : "The message is still pinned."));
      },
      remove: (message) => {
        void confirm({
          title: "Delete this message",
          text: "It goes for everyone in this chat, and cannot be brought back. Who has read it already may remember it.",
          action: "Delete",
          danger: true,
        }).then((yes) => (yes ? sotto.delete(message.id).catch(tell("The message was not deleted.")) : undefined));
      },
      copy: (message) => {
        if (!message.content.ok) return;
        navigator.clipboard.writeText(message.content.value.text).then(
          () => {
            toast({ text: "Copied", tone: "good" });
          },
          () => {
            toast({ text: "The browser did not allow copying.", tone: "danger" });
          },
        );
      },
    }),
    [sotto, client],
  );
}
