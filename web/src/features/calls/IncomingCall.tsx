/** Someone calls: who, where, and the three answers. */

import { useEffect } from "react";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { Phone, Video, X } from "lucide-react";
import { useSotto } from "../../app/session";
import { announce, Avatar, Button, IconButton } from "../../ui";
import { titleOf } from "../chat/model/names";
import { closeDesktop, preferences, startRinging, tell } from "../notifications";
import type { Ring } from "./calls";
import styles from "./IncomingCall.module.css";

interface IncomingCallProps {
  readonly ring: Ring;
  /** No tone while one is in another call. */
  readonly silent: boolean;
  readonly onAccept: (camera: boolean) => void;
  readonly onDismiss: () => void;
}

/** Lies over the page without taking the focus: whoever is typing goes on typing. */
export function IncomingCall({ ring, silent, onAccept, onDismiss }: IncomingCallProps) {
  const { dm: id, from } = ring;
  const sotto = useSotto();
  const [, navigate] = useLocation();
  const dm = useQuery({ queryKey: ["dm", id], queryFn: () => sotto.dm(id) }).data;
  const picture = useQuery({ queryKey: ["person", from], queryFn: () => sotto.person(from) }).data?.user.profile_picture ?? null;
  const isGroup = dm !== undefined && (dm.users.length > 2 || dm.name !== null);
  const where = dm !== undefined && isGroup ? `in ${titleOf(dm, sotto.username)}` : "calls you";

  useEffect(() => {
    announce(`${from} calls`, "assertive");
    const tag = `sotto-call-${String(id)}`;
    if (document.visibilityState === "hidden" || !document.hasFocus()) {
      const body = preferences().reveal === "nothing" ? "Incoming call" : `${from} calls`;
      tell({ tag, title: "Sotto", body, onClick: () => navigate(`/dm/${String(id)}`) });
    }
    return () => closeDesktop(tag);
  }, [from, id, navigate]);
  useEffect(() => (silent || !preferences().ring ? undefined : startRinging()), [silent]);

  return (
    <section aria-label="Incoming call" data-over-call className={styles.card}>
      <Avatar name={from} picture={picture} size={48} />
      <p className={styles.text}>
        <bdi className={styles.name}>{from}</bdi>
        <span className={styles.where}>{where}</span>
      </p>
      <IconButton aria-label="Dismiss" onPress={onDismiss} className={styles.dismiss ?? ""}>
        <X aria-hidden />
      </IconButton>
      <div className={styles.answers}>
        <Button variant="primary" icon={<Phone aria-hidden />} onPress={() => onAccept(false)} className={styles.answer ?? ""}>
          Accept audio
        </Button>
        <Button icon={<Video aria-hidden />} onPress={() => onAccept(true)} className={styles.answer ?? ""}>
          Accept video
        </Button>
      </div>
    </section>
  );
}
