/** What went wrong between people, as one sentence for the place where it happened. */

import { SottoError } from "@sotto/sdk";

/** What was tried. */
export type Deed = "add" | "answer" | "unfriend" | "block" | "unblock" | "open" | "create" | "key" | "look" | "save" | "rename" | "leave";

const GENERAL: Readonly<Record<string, string>> = {
  no_such_user: "There is no user of that name.",
  rate_limited: "That was too much at once.",
  unavailable: "The server cannot do that just now.",
  internal: "The server failed.",
  too_large: "That is more than the server takes.",
  no_access: "You have no part in that conversation.",
};

const OF_DEED: Readonly<Partial<Record<Deed, Readonly<Record<string, string>>>>> = {
  add: {
    request_exists: "There is a request between you already. Look under Requests.",
    already_friends: "You are friends already.",
    // One code for three cases: the sentence must not guess which.
    cannot_friend: "That name cannot be added. Check the spelling: capital letters count.",
  },
  answer: { no_request: "That request is no longer there." },
  unfriend: { not_friends: "You are not friends any more." },
  create: {
    not_friends: "You can start a chat of two with friends only. Add each other first.",
    cannot_invite: "Somebody you chose does not take your invitation. The server does not say who; try with fewer people.",
    dm_exists: "You have a chat of two already.",
    no_prekey: "Somebody you chose cannot be invited yet: no key is there. It is put there when they next log in with a newer app.",
    stale_prekey: "Somebody's key was renewed while you were choosing. Try again.",
  },
  rename: { not_friends: "You are not friends any more, so the name stays." },
};

/** «12 seconds», «3 minutes». */
export function waitingTime(seconds: number): string {
  const [count, unit] = seconds < 90 ? [Math.max(1, Math.ceil(seconds)), "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** One sentence, or two: what happened, and what may help. */
export function sentenceFor(error: unknown, deed: Deed): string {
  if (!(error instanceof SottoError)) return "That did not work. Try again.";
  const wait = error.retryAfter === undefined ? "" : ` Try again in ${waitingTime(error.retryAfter)}.`;
  switch (error.kind) {
    case "refused": {
      const sentence = OF_DEED[deed]?.[error.code ?? ""] ?? GENERAL[error.code ?? ""];
      return sentence === undefined ? ended(error.message) + wait : sentence + wait;
    }
    case "connect":
      return "The server cannot be reached. Try again when you are online.";
    case "disconnected":
    case "timeout":
      return deed === "look"
        ? "The connection was lost. Try again when you are online."
        : "The connection was lost before the server answered. Look whether it was done before you try again.";
    default:
      return ended(error.message);
  }
}

const ended = (sentence: string): string => (/[.!?]$/u.test(sentence) ? sentence : `${sentence}.`);
