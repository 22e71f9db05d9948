// What a client in TypeScript writes against the bindings; compiled, never run. Each line under an expectation must not compile.

import { io, type Socket } from "socket.io-client";
import {
  EVENTS,
  NOTICES,
  REFUSAL_CODES,
  type ClientToServerEvents,
  type Dm,
  type Notices,
  type RefusalCode,
  type Reply,
  type Requests,
  type ServerToClientEvents,
} from "../bindings/sotto.js";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://localhost:3000");

export async function readsADm(): Promise<Dm> {
  const reply = await socket.emitWithAck("get_dm", { id: 7 });
  if (!reply.success) {
    const code: RefusalCode = reply.code;
    throw new Error(`${code}: ${reply.result}, again in ${reply.retry_after ?? 0} s`);
  }
  for (const [id, waiting] of Object.entries(reply.result.scheduled_messages)) {
    console.log(Number(id), waiting.timestamp);
  }
  return reply.result;
}

export function sendsWithAnAck(): void {
  socket.emit("send_message", { id: 7, message: "00", signature: "00", delete: 60 }, (reply) => {
    if (reply.success) reply.result satisfies true;
  });
  socket.emit("get_dms", {}, (reply: Reply<number[]>) => console.log(reply.success));
  socket.emit("unblock_user", { username: "Smith" }, () => undefined);
  socket.emit("get_message_history", { id: 7, cursor: null }, () => undefined);
}

export function hearsNotices(): void {
  socket.on("message_notification", (message) => console.log(message.reactions.length, message.delete_timestamp ?? "kept"));
  socket.on("message_delete_notification", (id) => id.toFixed(0));
  socket.on("x3dh_notification", (invitation, kept) => {
    console.log(invitation.position);
    kept();
  });
}

export function refusesMistakes(): void {
  // @ts-expect-error an id is a number
  socket.emit("get_dm", { id: "7" }, () => undefined);
  // @ts-expect-error there is no such event
  socket.emit("get_room", { id: 7 }, () => undefined);
  // @ts-expect-error the name is required
  socket.emit("set_dm", { id: 7 }, () => undefined);
  // @ts-expect-error events without parameters have none
  socket.emit("get_dms", { id: 7 }, () => undefined);
  // @ts-expect-error this notice waits for no ack
  socket.on("dm_notification", (_dm, kept: () => void) => kept());
  // @ts-expect-error a failure has no list as its result
  socket.emit("get_dms", {}, (reply) => reply.result.length + reply.result[0]);
}

// The lists name everything that the maps know, and nothing else.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
true satisfies Same<(typeof EVENTS)[number], keyof Requests>;
true satisfies Same<(typeof NOTICES)[number], keyof Notices>;
true satisfies Same<(typeof REFUSAL_CODES)[number], RefusalCode>;
