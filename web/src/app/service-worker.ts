/** The service worker from the page's side: registered after loading, and asked to take over when the user wants the new version. */

import { workerUrl } from "./trusted-types";

/** Calls `offer` when a new version waits; what it is given loads that version. Answers the function that ends it. */
export function watchForUpdate(offer: (use: () => void) => void): () => void {
  const workers = globalThis.navigator?.serviceWorker;
  if (!import.meta.env.PROD || !workers) return () => undefined;
  const stop = new AbortController();
  const offered = new WeakSet<ServiceWorker>();

  const propose = (waiting: ServiceWorker) => {
    // Without a controller this is the first installation, and the page is as new as the worker.
    if (!workers.controller || offered.has(waiting)) return;
    offered.add(waiting);
    offer(() => {
      workers.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage({ type: "SKIP_WAITING" });
    });
  };

  const register = async () => {
    const registration = await workers.register(workerUrl(), { scope: "/", updateViaCache: "none" });
    if (stop.signal.aborted) return;
    if (registration.waiting) propose(registration.waiting);
    registration.addEventListener(
      "updatefound",
      () => {
        const { installing } = registration;
        installing?.addEventListener("statechange", () => installing.state === "installed" && propose(installing), {
          signal: stop.signal,
        });
      },
      { signal: stop.signal },
    );
    // A tab that stays open for days asks when it comes to the front.
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState === "visible") void registration.update().catch(() => undefined);
      },
      { signal: stop.signal },
    );
  };

  // Without the worker everything works but the start without a network.
  void register().catch(() => undefined);
  return () => stop.abort();
}
