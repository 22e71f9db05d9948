/** Questions before something that hurts or is not easily undone. */

import { confirm } from "../../ui";

export const askUnfriend = (name: string): Promise<boolean> =>
  confirm({
    title: `End the friendship with ${name}?`,
    text:
      "Your chat of two stays readable, but neither of you can write in it any more. Groups that you share go on. To be friends again, " +
      "one of you has to ask.",
    action: "End friendship",
    danger: true,
  });

export const askBlock = (name: string, friend: boolean): Promise<boolean> =>
  confirm({
    title: `Block ${name}?`,
    text:
      `${friend ? "You will no longer be friends. " : ""}${name} cannot ask to be your friend, invite you to groups or see whether you ` +
      "are online, and is not told. In groups that you share you still read each other.",
    action: "Block",
    danger: true,
  });
