/** The default platform: WebCrypto, as in browsers with a secure context, workers, Node, Deno and Bun. */

import { SottoError } from "../errors.js";
import type { Platform } from "./platform.js";

/** WebCrypto, where there is one. Throws `invalid` where there is none, which in browsers means: no secure context. */
export function webCrypto(): Crypto {
  // Typed as always there, which it is not: pages that came over plain HTTP have no `subtle`, React Native has neither.
  const found = (globalThis as { crypto?: Partial<Crypto> }).crypto;
  if (found?.subtle === undefined) throw new SottoError("invalid", "Sotto needs a secure context: open this over HTTPS.");
  return found as Crypto;
}

/** The platform of browsers and servers. Throws `invalid` without a secure context. */
export function webPlatform(): Platform {
  const { subtle } = webCrypto();

  const imported = (key: Uint8Array, use: "encrypt" | "decrypt"): Promise<CryptoKey> =>
    subtle.importKey("raw", plain(key), "AES-GCM", false, [use]);

  return {
    randomBytes(count) {
      const bytes = new Uint8Array(count);
      // 65,536 bytes is what one call gives at most.
      for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      return bytes;
    },
    async aesGcmSeal(key, nonce, aad, text) {
      const how = { name: "AES-GCM", iv: plain(nonce), additionalData: plain(aad) };
      return new Uint8Array(await subtle.encrypt(how, await imported(key, "encrypt"), plain(text)));
    },
    async aesGcmOpen(key, nonce, aad, sealed) {
      const how = { name: "AES-GCM", iv: plain(nonce), additionalData: plain(aad) };
      const secret = await imported(key, "decrypt");
      try {
        return new Uint8Array(await subtle.decrypt(how, secret, plain(sealed)));
      } catch (error) {
        if (error instanceof Error && error.name === "OperationError") return null;
        throw error;
      }
    },
    now: () => Date.now(),
  };
}

/** The same bytes, typed as WebCrypto wants them: it takes no shared memory. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}
