/** The page's one Trusted Types policy: it makes the address of the service worker, and nothing else. */

const WORKER = "/sw.js";

interface Policy {
  createScriptURL(url: string): string;
}

interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;

const policy = factory?.createPolicy("sotto", {
  createScriptURL(url) {
    if (url !== WORKER) throw new TypeError("only the service worker's address is trusted");
    return url;
  },
});

/** The service worker's address, as `register` wants it. (Where there are Trusted Types, it is a TrustedScriptURL.) */
export const workerUrl = (): string => policy?.createScriptURL(WORKER) ?? WORKER;
