/**
 * The service worker: keeps this build's files, so that Sotto starts without a network. It answers for these files and for pages;
 * `/socket.io` and everything else it never touches.
 */

export {};

interface Precached {
  readonly url: string;
  readonly revision: string | null;
}

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly Precached[] };

const FILES = self.__WB_MANIFEST;
const PAGE = "/";
const PREFIX = "sotto-shell-";
/** How long a page may take from the network while a kept one is there, in milliseconds. */
const PATIENCE = 3000;

/** One cache for each build: named by what is in it. */
const CACHE = PREFIX + fnv1a(FILES.map(({ url, revision }) => `${url} ${revision ?? ""}`).join("\n"));
const KEPT: ReadonlySet<string> = new Set(FILES.map(({ url }) => new URL(url, self.location.origin).pathname));

function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    // Names with a hash never change; the others must not come from the browser's own cache.
    await cache.addAll(FILES.map(({ url, revision }) => new Request(url, { cache: revision === null ? "default" : "no-cache" })));
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("message", (event) => {
  if ((event.data as { type?: unknown } | null)?.type === "SKIP_WAITING") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/socket.io")) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (KEPT.has(url.pathname) && url.search === "") event.respondWith(kept(request));
});

/** From the network, so that a new version is seen at once; what is kept where that fails or takes long. */
async function page(request: Request): Promise<Response> {
  const copy = await copyOf(PAGE);
  const fetched = fetch(request);
  if (!copy) return fetched;
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(copy), PATIENCE));
  // A gateway that answers for a server that is down is no page either.
  const fresh = fetched.then((response) => (response.status >= 500 ? copy : response)).catch(() => copy);
  return Promise.race([fresh, late]);
}

// Not by `caches.open`, which would make the cache again after a log-out has deleted it.
const copyOf = (request: RequestInfo) => caches.match(request, { cacheName: CACHE, ignoreVary: true });

async function kept(request: Request): Promise<Response> {
  return (await copyOf(request)) ?? fetch(request);
}
