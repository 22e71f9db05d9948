/** What is there before anything is known. */

import { Wordmark } from "../../ui";
import styles from "./Splash.module.css";

/** The wordmark in the middle of the screen. */
export function Splash() {
  return (
    <div className={styles.splash}>
      <Wordmark size="large" />
    </div>
  );
}
