/** Strips across the top: where the connection stands, and words that were never confirmed. */

import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { Banner, Button } from "../../ui";
import { confirmed, isUnconfirmed, leave, useConnection, useEnding, useSotto } from "../session";

/** How long a connection may take before it is worth a word, in milliseconds. */
const PATIENCE = 1500;

/** Nothing while online, or while the connection is being made for a moment. */
export function ConnectionBanner() {
  const connection = useConnection();
  const ending = useEnding();
  const [, navigate] = useLocation();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (connection !== "connecting") {
      setSlow(false);
      return undefined;
    }
    const timer = setTimeout(() => setSlow(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [connection]);

  if (connection === "online" || (connection === "connecting" && !slow)) return null;
  if (connection === "connecting") {
    return (
      <Banner tone="offline" role="status">
        Connecting to the server …
      </Banner>
    );
  }
  if (connection === "offline") {
    return (
      <Banner tone="offline" role="status">
        You are offline. You see what this device has kept; what you send waits until the server is there again.
      </Banner>
    );
  }
  return (
    <Banner
      tone="danger"
      role="alert"
      actions={
        <>
          <Button size="small" onPress={() => location.reload()}>
            Try again
          </Button>
          <Button size="small" onPress={() => void leave().then(() => navigate("/welcome"))}>
            Use another account
          </Button>
        </>
      }
    >
      The session has ended. {ending?.message ?? ""}
    </Banner>
  );
}

/** After the page was closed while the words of a new account were on the screen. */
export function UnconfirmedBanner() {
  const { username } = useSotto();
  const [shown, setShown] = useState(() => isUnconfirmed(username));
  if (!shown) return null;
  return (
    <Banner
      tone="warn"
      actions={
        <Button
          size="small"
          onPress={() => {
            confirmed(username);
            setShown(false);
          }}
        >
          I have my words
        </Button>
      }
    >
      You have not confirmed your recovery words. They cannot be shown again: without them, this device is the only way into your account.
    </Banner>
  );
}
