/** What the session tells the user wherever they are: warnings, refused invitations, dropped messages. */

import { useLocation } from "wouter";
import { toast } from "../../ui";
import { sentenceOf, useSottoEvent } from "../session";

/** Listens; draws nothing. */
export function Notices() {
  const [path, navigate] = useLocation();
  useSottoEvent("warning", ({ text }) => toast({ text, tone: "danger" }));
  useSottoEvent("invitationRefused", ({ sender, error }) => {
    toast({
      text: `${sender} invited you to a group, which was refused. ${error.message}`,
      tone: "danger",
      action: { label: "See who", onPress: () => navigate(`/person/${encodeURIComponent(sender)}`) },
    });
  });
  useSottoEvent("sendFailed", ({ dm, error }) => {
    // An open chat shows it in its place.
    if (path === `/dm/${dm}` || path === `/dm/${dm}/details`) return;
    toast({
      text: `A message could not be sent. ${sentenceOf(error)}`,
      tone: "danger",
      action: { label: "Open chat", onPress: () => navigate(`/dm/${dm}`) },
    });
  });
  useSottoEvent("scheduledFailed", ({ dm }) => {
    toast({
      text: "A scheduled message could not be sent and was dropped.",
      tone: "danger",
      action: { label: "Open chat", onPress: () => navigate(`/dm/${dm}`) },
    });
  });
  return null;
}
