/** The second column while no DM is open. */

import { MessageCircle } from "lucide-react";
import { EmptyState, LinkButton } from "../../../ui";

/** A quiet sign, and a way on. */
export function NothingOpen() {
  return (
    <EmptyState icon={<MessageCircle />} title="Choose a chat" actions={<LinkButton href="/new">New chat</LinkButton>}>
      Your messages open here. Only you and those you write to can read them.
    </EmptyState>
  );
}
