/** In the head of a chat: start a call, or join the one that is running. */

import { useQuery } from "@tanstack/react-query";
import { Phone, Video } from "lucide-react";
import { useConnection, useSotto } from "../../app/session";
import { Button, confirm, IconButton } from "../../ui";
import { FULL_CALL } from "./engine/call-session";
import { canCall, useCalls, useCallsView } from "./hooks";

/** Draws nothing where there is no calling: in the call itself, in a browser without WebRTC, in a DM that this device cannot read. */
export function CallButtons({ dm: id }: { dm: number }) {
  const sotto = useSotto();
  const dm = useQuery({ queryKey: ["dm", id], queryFn: () => sotto.dm(id) }).data;
  const calls = useCalls();
  const { call } = useCallsView();
  const isOnline = useConnection() === "online";
  if (!canCall() || dm === undefined || dm.locked !== null) return null;

  // The strip across the top leads back to it.
  if (call?.dm === id) return null;

  const enter = async (camera: boolean): Promise<void> => {
    const question = {
      title: "Leave the other call?",
      text: "You are in a call already. Going into this one leaves it.",
      action: "Leave and go on",
    };
    if (call === null || (await confirm(question))) await calls.enter(id, camera);
  };

  const others = dm.usersInCall.filter((name) => name !== sotto.username);
  if (others.length > 0) {
    const isFull = dm.usersInCall.length >= FULL_CALL;
    return (
      <Button
        size="small"
        variant="primary"
        icon={<Phone aria-hidden />}
        isDisabled={!isOnline || isFull}
        onPress={() => void enter(false)}
        aria-label={`${isFull ? "The call is full" : "Join the call"}: ${others.join(", ")}`}
      >
        {isFull ? "Call is full" : `Join (${String(others.length)})`}
      </Button>
    );
  }
  return (
    <>
      <IconButton aria-label="Start an audio call" isDisabled={!isOnline} onPress={() => void enter(false)}>
        <Phone aria-hidden />
      </IconButton>
      <IconButton aria-label="Start a video call" isDisabled={!isOnline} onPress={() => void enter(true)}>
        <Video aria-hidden />
      </IconButton>
    </>
  );
}
