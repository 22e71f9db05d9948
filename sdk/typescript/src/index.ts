/** `@sotto/sdk`: the web client of Sotto, for apps and bots. Begin with {@link Sotto}. */

export { Account } from "./account.js";
export * from "./errors.js";
export * from "./events.js";
export * from "./keychain.js";
export * from "./model.js";
export type * from "./platform/platform.js";
export { webPlatform } from "./platform/web.js";
export type * as protocol from "./protocol.js";
export * from "./seed.js";
export * from "./sotto.js";
export { IndexedDbStore } from "./store/indexeddb.js";
export { MemoryStore } from "./store/memory.js";
export type * from "./store/store.js";
