/** Recovery words on the screen: reading what was typed, asking for some of them, the text file. */

/** How many there are (C-106). */
export const WORD_COUNT = 24;

/** The words in a text: any case, any white space (C-106); numbers and dots of a numbered list are left out. */
export function splitWords(text: string): string[] {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .split(/[\s.,;:|·•)(]+/u)
    .filter((part) => part !== "" && !/^\d+$/.test(part));
}

/** `count` different places of `of`, in order, drawn by `below` (a random whole number below its argument). */
export function drawPlaces(of: number, count: number, below: (limit: number) => number = randomBelow): number[] {
  const places = Array.from({ length: of }, (_, place) => place);
  const drawn: number[] = [];
  while (drawn.length < count && places.length > 0) drawn.push(...places.splice(below(places.length), 1));
  return drawn.sort((a, b) => a - b);
}

function randomBelow(limit: number): number {
  // Rejecting the last, incomplete run keeps every number equally likely.
  const highest = Math.floor(2 ** 32 / limit) * limit;
  const drawn = new Uint32Array(1);
  do crypto.getRandomValues(drawn);
  while ((drawn[0] ?? 0) >= highest);
  return (drawn[0] ?? 0) % limit;
}

/** Whether what was typed for a place is the word there. */
export function wordFits(words: readonly string[], place: number, typed: string): boolean {
  const [only, ...more] = splitWords(typed);
  return only !== undefined && more.length === 0 && only === words[place];
}

/** The word under the cursor's end, which is still being typed: "" after white space. */
export function unfinished(text: string): string {
  return /[^\s]*$/u.exec(text.normalize("NFKD").toLowerCase())?.[0] ?? "";
}

/** Up to `most` words of the list that a beginning may become; none for one that is a word already and nothing else. */
export function completions(beginning: string, list: readonly string[], most = 4): string[] {
  if (beginning === "") return [];
  const fitting = list.filter((word) => word.startsWith(beginning));
  return fitting.length === 1 && fitting[0] === beginning ? [] : fitting.slice(0, most);
}

/** The words of `typed` that are none of the list; the last one only if it is finished by white space. */
export function unknownWords(typed: string, list: ReadonlySet<string>): string[] {
  const finished = /\s$/u.test(typed) ? typed : typed.slice(0, typed.length - unfinished(typed).length);
  return splitWords(finished).filter((word) => !list.has(word));
}

/** The text file with the words, for a drawer or a password manager. */
export function wordsFile(words: readonly string[], username: string, server: string): string {
  const width = Math.max(...words.map((word) => word.length));
  const cells = words.map((word, place) => `${String(place + 1).padStart(2)}  ${word.padEnd(width)}`);
  // Four in a row, in reading order: the whole block can be pasted back.
  const rows = Array.from({ length: Math.ceil(cells.length / 4) }, (_, row) =>
    cells
      .slice(row * 4, row * 4 + 4)
      .join("   ")
      .trimEnd(),
  );
  return [
    "Sotto: recovery words",
    "",
    `Account   ${username}`,
    `Server    ${server}`,
    "",
    ...rows,
    "",
    "With these words anyone can read and write as this account, and nobody can reset them.",
    "Keep them where only you find them.",
    "",
  ].join("\n");
}
