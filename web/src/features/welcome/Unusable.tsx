/** Where this page can hold no keys: why, and what to do. */

import { Button } from "../../ui";
import { Frame } from "./Frame";

/** Without HTTPS there is no Web Cryptography, without IndexedDB no place for keys. */
export function Unusable({ why, sentence }: { why: "insecure" | "storage"; sentence: string }) {
  if (why === "insecure") {
    const safe = `https://${location.host}`;
    return (
      <Frame
        title="Open this over HTTPS"
        lead={
          <>
            <p>
              This page came over an open line, where anyone on the way could change it. Browsers then refuse to encrypt, and Sotto does
              not work without.
            </p>
            <p>
              Try <a href={safe}>{safe}</a>, or ask whoever runs this server.
            </p>
          </>
        }
      >
        {null}
      </Frame>
    );
  }
  return (
    <Frame
      title="This browser keeps nothing"
      lead={
        <>
          <p>Sotto needs a place for your keys, and the browser gives none (IndexedDB). Private windows and strict settings do that.</p>
          <p>Open Sotto in an ordinary window, or allow this site to store data.</p>
          <p>It says: {sentence}</p>
        </>
      }
    >
      <Button variant="primary" size="large" wide onPress={() => location.reload()}>
        Try again
      </Button>
    </Frame>
  );
}
