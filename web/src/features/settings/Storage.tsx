/** How much is kept, at the server and on this device. */

import { useEffect, useState } from "react";
import { HardDrive, Server } from "lucide-react";
import { useQuery } from "@tanstack/react-query";
import { sentenceOf, useConnection, useSotto } from "../../app/session";
import { Banner, Button, Card, Meter, Skeleton, toast } from "../../ui";
import { bytesText } from "./format";
import styles from "./Settings.module.css";

/** Two amounts, each with what it is. */
export function Storage() {
  return (
    <>
      <AtServer />
      <OnDevice />
    </>
  );
}

function AtServer() {
  const sotto = useSotto();
  const connection = useConnection();
  const use = useQuery({ queryKey: ["storage"], queryFn: () => sotto.storage(), staleTime: 0 });
  return (
    <Card
      title="At the server"
      description="Your private box: keys of your chats, pinned keys of others. It is encrypted; the server sees only its size."
    >
      {use.data ? (
        <>
          <div className={styles.amount}>
            <Server aria-hidden />
            <span>{bytesText(use.data.bytes)}</span>
            <span className={styles.quiet}>
              {new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(use.data.percent)} % of the server’s limit
            </span>
          </div>
          <Meter label="Private box" value={use.data.percent} />
          {use.data.percent >= 90 && (
            <Banner tone="warn" inset>
              The box is nearly full. Leave groups that you no longer need; each of them takes room.
            </Banner>
          )}
        </>
      ) : use.isError || connection !== "online" ? (
        <Banner
          tone="offline"
          inset
          actions={
            use.isError && (
              <Button size="small" onPress={() => void use.refetch()}>
                Try again
              </Button>
            )
          }
        >
          {connection === "online" ? sentenceOf(use.error) : "This is known when you are online again."}
        </Banner>
      ) : (
        <div className={styles.loading}>
          <Skeleton width="40%" />
          <Skeleton />
        </div>
      )}
    </Card>
  );
}

interface Device {
  readonly used: number | null;
  readonly lasting: boolean | null;
}

async function device(): Promise<Device> {
  const storage = navigator.storage as StorageManager | undefined;
  const [estimate, lasting] = await Promise.all([storage?.estimate?.(), storage?.persisted?.()]);
  return { used: estimate?.usage ?? null, lasting: lasting ?? null };
}

function OnDevice() {
  const [state, setState] = useState<Device | null>(null);
  const look = () => void device().then(setState, () => setState({ used: null, lasting: null }));
  useEffect(look, []);
  const ask = async () => {
    const granted = await navigator.storage.persist();
    if (!granted) toast("The browser decides this by itself, and did not grant it now.");
    look();
  };
  return (
    <Card
      title="On this device"
      description="Your keys, the newest messages of each chat (encrypted), and Sotto itself, so that it opens without a network."
    >
      {state === null ? (
        <div className={styles.loading}>
          <Skeleton width="40%" />
        </div>
      ) : (
        <>
          <div className={styles.amount}>
            <HardDrive aria-hidden />
            <span>{state.used === null ? "Not known" : bytesText(state.used)}</span>
          </div>
          {state.lasting !== null && (
            <p className={styles.quiet}>
              {state.lasting
                ? "The browser keeps this until you remove it yourself."
                : "The browser may remove this when the device runs out of room. You would then log in again with your words."}
            </p>
          )}
          {state.lasting === false && (
            <div className={styles.buttons}>
              <Button onPress={() => void ask()}>Ask the browser to keep it</Button>
            </div>
          )}
        </>
      )}
    </Card>
  );
}
