/**
 * People: the lists of friends, requests and blocks, the directory, and what other features need of them.
 *
 * Screens: `PeopleScreen`, `NobodyOpen`. Hooks: `usePerson(name)`, `useFriends()`, `useRelation(name)`, `useRequestCount()` (the badge of
 * the rail), `useAddFriend(name)` and the other deeds, `useOpenChat(name)`. Plain: `personPath(name)`, `peopleText(names)`,
 * `statusText(status)`, `sentenceFor(error, deed)`.
 */

export { useAddFriend, useAnswer, useBlock, useOpenChat, useUnblock, useUnfriend, type Action } from "./actions";
export { askBlock, askUnfriend } from "./ask";
export { useDirectory, useSettled } from "./directory";
export { peopleText, personPath } from "./names";
export { PeopleList } from "./PeopleList";
export { PersonRow, type PersonRowProps } from "./PersonRow";
export { NobodyOpen, PeopleScreen } from "./PeopleScreen";
export {
  useBlocked,
  useFreshPerson,
  useFriends,
  useOutgoing,
  usePerson,
  useRelation,
  useRequestCount,
  useRequests,
} from "./queries";
export { folded, matching, relationOf, type Lists, type Relation } from "./relation";
export { sentenceFor, type Deed } from "./sentences";
export { Unloaded } from "./Unloaded";
export { PRESETS, presenceLabel, statusText } from "./status";
