/** Calls: `CallButtons` for the head of a chat, `CallOverlay` for the shell. */

export { CallButtons } from "./CallButtons";
export { CallOverlay } from "./CallOverlay";
