/** What this is, which version, whose work is in it. */

import { SERVER } from "../../app/session";
import { Card, Wordmark } from "../../ui";
import styles from "./Settings.module.css";

/** Version, server, licences. */
export function About() {
  return (
    <>
      <div className={styles.about}>
        <Wordmark size="large" />
        <p className={styles.quiet}>sotto voce: in a quiet voice</p>
      </div>
      <Card title="This client">
        <dl className={styles.facts}>
          <dt>Version</dt>
          <dd>{__VERSION__}</dd>
          <dt>Server</dt>
          <dd>{SERVER}</dd>
          <dt>Protocol</dt>
          <dd>sotto/1</dd>
        </dl>
      </Card>
      <Card title="What it does not do">
        <p>
          It loads nothing from anyone but your server, counts nothing, and reports nothing. Who talks to whom and when, the server can
          see; what they say, it cannot.
        </p>
      </Card>
      <Card title="Licences">
        <p>
          Sotto is free software, under the MIT licence or the Apache licence 2.0, as you like.{" "}
          <a href="/licences.txt" target="_blank" rel="noreferrer">
            The work of others in it
          </a>
          , and their terms.
        </p>
      </Card>
    </>
  );
}
