/** All emoji with their English names, from this site's own files: nothing is asked of anyone else. */

import { EmojiPicker, type EmojiDataResolver } from "frimousse";
import styles from "./EmojiPicker.module.css";

/** Newer ones are not on every device yet. */
const VERSION = 15;
const TONES = ["light", "medium-light", "medium", "medium-dark", "dark"] as const;

type Data = Awaited<ReturnType<EmojiDataResolver>>;

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Brings emojibase's tables into the picker's form. */
const resolve = async (): Promise<Data> => {
  const [{ default: emojis }, { default: messages }] = await Promise.all([
    import("emojibase-data/en/data.json"),
    import("emojibase-data/en/messages.json"),
  ]);
  const shown = emojis.filter((emoji) => emoji.group !== undefined && emoji.version <= VERSION);
  return {
    locale: "en",
    categories: messages.groups
      .filter(({ key }) => key !== "component")
      .map(({ order, message }) => ({ index: order, label: capital(message) })),
    skinTones: { light: "Light", "medium-light": "Medium-light", medium: "Medium", "medium-dark": "Medium-dark", dark: "Dark" },
    emojis: shown.map(({ emoji, group, version, label, tags, skins }) => {
      const toned = skins?.filter((skin) => typeof skin.tone === "number") ?? [];
      const tones = toned.map((skin) => [TONES[Number(skin.tone) - 1], skin.emoji]);
      return {
        emoji,
        category: group ?? 0,
        version,
        label: capital(label),
        tags: tags ?? [],
        ...(tones.length === TONES.length ? { skins: Object.fromEntries(tones) as Record<(typeof TONES)[number], string> } : {}),
      };
    }),
  };
};

/** Search, categories, skin tones; arrow keys and Enter pick. */
export function Picker({ onPick }: { onPick: (emoji: string) => void }) {
  return (
    <EmojiPicker.Root
      className={styles.picker}
      columns={8}
      resolveEmojiData={resolve}
      onEmojiSelect={({ emoji }) => {
        onPick(emoji);
      }}
    >
      <div className={styles.head}>
        <EmojiPicker.Search autoFocus aria-label="Search emoji" placeholder="Search emoji" className={styles.search} />
        <EmojiPicker.SkinToneSelector aria-label="Change skin tone" className={styles.tone} />
      </div>
      <EmojiPicker.Viewport tabIndex={0} role="group" aria-label="Emoji" className={styles.viewport}>
        <EmojiPicker.Loading className={styles.waiting}>Loading …</EmojiPicker.Loading>
        <EmojiPicker.Empty className={styles.waiting}>{({ search }) => <>No emoji for «{search}»</>}</EmojiPicker.Empty>
        <EmojiPicker.List
          className={styles.list}
          components={{
            CategoryHeader: ({ category, ...props }) => (
              <div {...props} className={styles.category}>
                {category.label}
              </div>
            ),
            // The picker counts from 0, which no row or column of a grid may have; it finds rows by this number, but never the first.
            Row: ({ children, ...props }) => (
              <div {...props} aria-rowindex={props["aria-rowindex"] || undefined} className={styles.row}>
                {children}
              </div>
            ),
            Emoji: ({ emoji, ...props }) => (
              <button type="button" {...props} aria-colindex={Number(props["aria-colindex"]) + 1} className={styles.emoji}>
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </EmojiPicker.Viewport>
    </EmojiPicker.Root>
  );
}
