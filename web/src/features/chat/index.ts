/**
 * Chats: the list, the conversation, what is unread.
 *
 * Screens: `DmList`, `ChatScreen`, `NothingOpen`. For others: `useUnread()` (total and per DM), `titleOf(dm, me)`, `oneLine(text)`.
 */

export { ChatScreen } from "./conversation/ChatScreen";
export { DmList } from "./list/DmList";
export { NothingOpen } from "./list/NothingOpen";
export { useUnread } from "./model/hooks";
export { oneLine, titleOf } from "./model/names";
export type { UnreadCounts } from "./model/unread";
