/** Chats: the list, the messages, a chat's details. */

export const DmList = (_: { selected: number | null }) => null;
export const ChatScreen = (_: { id: number }) => null;
export const DmDetails = (_: { id: number }) => null;
export const NothingOpen = () => null;
