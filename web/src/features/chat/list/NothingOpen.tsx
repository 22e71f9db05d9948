/** The second column while no DM is open. */

import { MessageCircle } from "lucide-react";
import { EmptyState, LinkButton } from "../../../ui";
import { useDms } from "../model/hooks";

/** A quiet sign, and a way on; where there are no DMs yet, the list beside it leads on. */
export function NothingOpen() {
  if (useDms().data?.length === 0) {
    return (
      <EmptyState icon={<MessageCircle />} title="It is quiet here">
        Your messages will open here. Only you and those you write to can read them.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<MessageCircle />} title="Choose a chat" actions={<LinkButton href="/new">New chat</LinkButton>}>
      Your messages open here. Only you and those you write to can read them.
    </EmptyState>
  );
}
