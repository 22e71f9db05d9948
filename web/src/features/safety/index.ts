/**
 * Keys that can be trusted: safety numbers, group codes and changed keys.
 *
 * `KeyChangeBanner` (with `usernames` in a chat's header; without, once in the shell), `useKeyChanges(usernames?)`, `VerifyScreen`,
 * `KeyChangePanel` (a profile), `GroupCode` (a DM's details), `Digits`, `CopyButton`, `useFingerprint(name, key)`.
 */

export { CopyButton, Digits } from "./Digits";
export { GroupCode } from "./GroupCode";
export type { KeyChange } from "./key-changes";
export { KeyChangeBanner } from "./KeyChangeBanner";
export { KeyChangePanel } from "./KeyChangePanel";
export { useKeyChanges } from "./news";
export { useFingerprint } from "./numbers";
export { VerifyScreen } from "./VerifyScreen";
