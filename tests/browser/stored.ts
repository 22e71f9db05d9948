/** Everything that a browser keeps for the page, read as the structured values it is: to look for what must not be there. */

import type { Page } from "@playwright/test";

/** One value, and where it lies. */
interface Kept {
  readonly place: string;
  readonly text?: string;
  /** As hex. */
  readonly bytes?: string;
  /** A key that lies as such: whether the page could have its bytes. */
  readonly key?: { readonly extractable: boolean; readonly exported: boolean };
}

/** IndexedDB, localStorage, sessionStorage, Cache storage, cookies and the origin's private files. */
export async function everythingKept(page: Page): Promise<Kept[]> {
  const cookies = (await page.context().cookies()).map(({ name, value }) => ({ place: `cookie ${name}`, text: value }));
  return [...cookies, ...(await page.evaluate(readAll))];
}

async function readAll(): Promise<Kept[]> {
  const found: Kept[] = [];
  const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const settled = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
    });

  const walk = async (place: string, value: unknown): Promise<void> => {
    if (value instanceof CryptoKey) {
      const forms = value.type === "secret" ? ["raw", "jwk"] : value.type === "private" ? ["pkcs8", "jwk"] : ["spki", "jwk"];
      const tries = forms.map((form) => crypto.subtle.exportKey(form as "raw", value).then(() => true).catch(() => false));
      found.push({ place, key: { extractable: value.extractable, exported: (await Promise.all(tries)).includes(true) } });
    } else if (value instanceof ArrayBuffer) found.push({ place, bytes: hex(new Uint8Array(value)) });
    else if (ArrayBuffer.isView(value)) found.push({ place, bytes: hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) });
    else if (value instanceof Blob) found.push({ place, bytes: hex(new Uint8Array(await value.arrayBuffer())) });
    else if (value instanceof Map || value instanceof Set) await walk(place, [...value.entries()]);
    else if (Array.isArray(value)) {
      if (value.length > 0 && value.every((each) => Number.isInteger(each) && each >= 0 && each < 256)) {
        found.push({ place, bytes: hex(Uint8Array.from(value as number[])) });
      }
      for (const [at, each] of value.entries()) await walk(`${place}[${at}]`, each);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, each] of Object.entries(value)) {
        found.push({ place: `name in ${place}`, text: name });
        await walk(`${place}.${name}`, each);
      }
    } else found.push({ place, text: String(value) });
  };

  for (const { name = "" } of await indexedDB.databases()) {
    found.push({ place: "database", text: name });
    const database = await settled(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const entries = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([settled(entries.getAllKeys()), settled(entries.getAll())]);
      for (const [at, key] of keys.entries()) {
        await walk(`key in ${name}/${store}`, key);
        await walk(`${name}/${store}/${String(key)}`, values[at]);
      }
    }
    database.close();
  }
  for (const [place, storage] of [["localStorage", localStorage], ["sessionStorage", sessionStorage]] as const) {
    for (const [name, value] of Object.entries(storage)) {
      found.push({ place: `name in ${place}`, text: name }, { place: `${place}.${name}`, text: String(value) });
    }
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.push({ place: `request in cache ${name}`, text: request.url });
      const response = await cache.match(request);
      if (response) found.push({ place: `cache ${name} ${request.url}`, bytes: hex(new Uint8Array(await response.arrayBuffer())) });
    }
  }
  const files = (await navigator.storage.getDirectory()) as FileSystemDirectoryHandle & AsyncIterable<[string, FileSystemHandle]>;
  for await (const [name] of files) found.push({ place: "private file", text: name });
  return found;
}

/** The parts of `bytes`' base64 that are the same wherever they stand in longer base64 (either alphabet, without padding). */
function base64Of(bytes: Buffer): Buffer[] {
  const forms = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64").replace(/=+$/, "");
    // What mixes with the neighbours' bits is cut off.
    return text.slice(before === 0 ? 0 : before + 1, (before + bytes.length) % 3 === 0 ? undefined : -1);
  });
  return forms.flatMap((form) => [Buffer.from(form), Buffer.from(form.replaceAll("+", "-").replaceAll("/", "_"))]);
}

/** Where a secret lies, as bytes or as text, as it is or in the usual encodings; empty where it lies nowhere. */
export function placesOf(kept: readonly Kept[], secret: Uint8Array | string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [
    bytes,
    Buffer.from(bytes.toString("hex")),
    Buffer.from(bytes.toString("hex").toUpperCase()),
    Buffer.from([...bytes].join(",")),
    ...base64Of(bytes),
    ...(typeof secret === "string" ? [Buffer.from(secret, "utf16le"), Buffer.from(JSON.stringify(secret).slice(1, -1))] : []),
  ];
  const has = (hay: Buffer): boolean => forms.some((form) => hay.includes(form));
  return kept
    .filter(({ text, bytes: found }) =>
      text === undefined
        ? found !== undefined && has(Buffer.from(found, "hex"))
        : has(Buffer.from(text)) || has(Buffer.from(text, "latin1")),
    )
    .map(({ place }) => place);
}

/** Where three of the recovery words stand one after the other, in whatever way they are parted. */
export function wordsAmong(kept: readonly Kept[], words: string): string[] {
  const all = words.split(" ");
  const text = kept.map((each) => each.text ?? Buffer.from(each.bytes ?? "", "hex").toString("latin1")).join(" ").toLowerCase();
  const triples = all.slice(2).map((third, at) => [all[at], all[at + 1], third].join("[^a-z]{1,8}"));
  return triples.filter((triple) => new RegExp(`\\b${triple}\\b`).test(text));
}

/** The keys that lie as such. */
export function keysAmong(kept: readonly Kept[]): NonNullable<Kept["key"]>[] {
  return kept.flatMap(({ key }) => (key === undefined ? [] : [key]));
}
