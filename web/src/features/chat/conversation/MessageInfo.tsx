/** When a message was written, and what is certain about it. */

import { ShieldAlert, ShieldCheck } from "lucide-react";
import type { Message } from "@sotto/sdk";
import { fullWhen, LinkButton, momentOf } from "../../../ui";
import { usePerson } from "../model/hooks";
import { Countdown } from "./Countdown";
import styles from "./MessageInfo.module.css";

/** How far the sender's clock may differ before it is worth a word, in milliseconds. */
const CLOCK = 2 * 60_000;

/** The body of a window. */
export function MessageInfo({ message, me }: { message: Message; me: string }) {
  const { content, sender } = message;
  const sent = momentOf(message.timestamp);
  const own = sender === me;
  return (
    <div className={styles.info}>
      <dl className={styles.facts}>
        <dt>From</dt>
        <dd>
          <bdi>{own ? "You" : sender}</bdi>
        </dd>
        <dt>Sent</dt>
        <dd>{fullWhen(sent)}</dd>
        {content.ok && Math.abs(content.value.writtenMs - sent.getTime()) > CLOCK && (
          <>
            <dt>Written</dt>
            <dd>{fullWhen(new Date(content.value.writtenMs))}, by the sender’s clock</dd>
          </>
        )}
        {content.ok && content.value.revision > 0 && (
          <>
            <dt>Edited</dt>
            <dd>{content.value.revision === 1 ? "Once" : `${String(content.value.revision)} times`}</dd>
          </>
        )}
        {message.expires !== null && (
          <>
            <dt>Destroys itself</dt>
            <dd>
              {fullWhen(momentOf(message.expires))} (<Countdown expires={message.expires} />)
            </dd>
          </>
        )}
      </dl>
      {content.ok ? <Signed sender={sender} own={own} /> : <Unsure sentence={content.why.sentence} code={content.why.code} />}
    </div>
  );
}

function Signed({ sender, own }: { sender: string; own: boolean }) {
  const key = usePerson(sender).data?.key;
  const compared = key?.state === "pinned" && key.verified;
  return (
    <div className={styles.sure}>
      <ShieldCheck aria-hidden />
      <div>
        <p>
          Encrypted from end to end. The signature is right: it was made with{" "}
          {own ? (
            "your key"
          ) : (
            <>
              the key that this device knows as that of <bdi>{sender}</bdi>
            </>
          )}
          .
        </p>
        {!own && key !== undefined && (
          <p className={styles.next}>
            {compared ? "You have compared safety numbers." : "You have not compared safety numbers with this person yet."}{" "}
            {!compared && (
              <LinkButton href={`/person/${encodeURIComponent(sender)}/verify`} size="small">
                Compare
              </LinkButton>
            )}
          </p>
        )}
      </div>
    </div>
  );
}

function Unsure({ sentence, code }: { sentence: string; code: string }) {
  return (
    <div className={styles.unsure}>
      <ShieldAlert aria-hidden />
      <div>
        <p>Nothing in it could be verified, the sender included. {sentence}</p>
        <code>{code}</code>
      </div>
    </div>
  );
}
