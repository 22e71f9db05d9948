/**
 * What features know of the session.
 *
 * `useSotto()`: the live `Sotto`. `useConnection()`: "connecting", "online", "offline", "ended". `useSottoEvent(event, listener)`.
 * `useMe()`.
 * Query keys: ["friends"], ["requests"], ["outgoing"], ["blocked"], ["person", name], ["me"], ["dms"], ["dm", id], ["scheduled", id],
 * ["pinned", id], ["latest", id]; the SDK's events invalidate or update them. What this device does itself, the mutation invalidates.
 * `sentenceOf(error)`: what to show for anything that was thrown.
 */

export { useConnection, useEnding, useMe, useSession, useSotto, useSottoEvent } from "./hooks";
export { SessionProvider } from "./SessionProvider";
export {
  abandon,
  confirmed,
  enter,
  forget,
  isUnconfirmed,
  keep,
  leave,
  logOut,
  passphraseFits,
  protect,
  sentenceOf,
  SERVER,
  startSession,
  storeFor,
  switchTo,
  unconfirmed,
  type SessionState,
} from "./session";
