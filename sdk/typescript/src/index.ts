/** `@sotto/sdk`: the web client of Sotto, for apps and bots. Begin with {@link Sotto}. */

export * from "./account.js";
export * from "./errors.js";
export * from "./events.js";
export * from "./model.js";
export type * from "./platform/platform.js";
export type * as protocol from "./protocol.js";
export * from "./sotto.js";
export type * from "./store/store.js";
