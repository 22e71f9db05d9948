/** The 24 words, once: to write down, copy or save. */

import { useState } from "react";
import { Check, Copy, Download } from "lucide-react";
import { SERVER } from "../../app/session";
import { announce, Banner, Button, Checkbox, toast } from "../../ui";
import { Frame } from "./Frame";
import { wordsFile } from "./words";
import styles from "./forms.module.css";

interface Props {
  readonly words: readonly string[];
  readonly username: string;
  readonly onNext: () => void;
}

/** Step 2 of registering. */
export function ShowWords({ words, username, onNext }: Props) {
  const [copied, setCopied] = useState(false);
  const [sure, setSure] = useState(false);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(words.join(" "));
      setCopied(true);
      announce("Copied");
    } catch {
      toast({ text: "The browser did not allow copying. Select the words instead.", tone: "danger" });
    }
  };
  const download = () => {
    const url = URL.createObjectURL(new Blob([wordsFile(words, username, SERVER)], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = "sotto-recovery-words.txt";
    link.click();
    // The browser has taken the file by then; the words need not stay in a second place.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };

  return (
    <Frame
      wide
      title="Your recovery words"
      step="Step 2 of 3"
      lead="These 24 words are your account. They bring it to another device, and back if this one is lost."
    >
      <ol className={styles.words} aria-label="Recovery words, in order">
        {words.map((word, place) => (
          <li key={place} className={styles.word}>
            <span aria-hidden className={styles.place}>
              {place + 1}
            </span>
            <span translate="no">{word}</span>
          </li>
        ))}
      </ol>
      <div className={styles.row}>
        <Button icon={copied ? <Check aria-hidden /> : <Copy aria-hidden />} onPress={() => void copy()}>
          {copied ? "Copied" : "Copy"}
        </Button>
        <Button icon={<Download aria-hidden />} onPress={download}>
          Save as text file
        </Button>
      </div>
      <Banner tone="warn" inset>
        Whoever has these words can read and write as you. Nobody can reset them: if you lose them and this device, the account is gone.
      </Banner>
      <div className={styles.last}>
        <Checkbox isSelected={sure} onChange={setSure}>
          I have written the words down or saved them somewhere safe.
        </Checkbox>
        <Button variant="primary" size="large" wide isDisabled={!sure} onPress={onNext}>
          Go on
        </Button>
      </div>
    </Frame>
  );
}
