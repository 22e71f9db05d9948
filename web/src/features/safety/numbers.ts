/** Safety numbers and fingerprints computed on this device (C-406, C-407), of keys that need not be pinned. */

import { decodeHex, decodeIk, fingerprint, safetyNumber } from "@sotto/sdk/crypto";
import { useQuery } from "@tanstack/react-query";
import { useSotto } from "../../app/session";

/** The safety number of the user and somebody with this key (hex): also for a key that waits for a decision. */
export function numberWith(own: { username: string; publicKey: string }, name: string, key: string): string {
  return safetyNumber(own.username, decodeIk(decodeHex(own.publicKey, 32)), name, decodeIk(decodeHex(key, 32)));
}

/** 30 digits for a key (hex). */
export function fingerprintOf(name: string, key: string): string {
  return fingerprint(name, decodeIk(decodeHex(key, 32)));
}

// Thousands of hashes: after the screen has been painted, and once for each key.
const later = <T>(compute: () => T): Promise<T> =>
  new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(compute());
      } catch (error) {
        reject(error instanceof Error ? error : new Error("That key cannot be used."));
      }
    }, 0);
  });

const KEPT = { staleTime: Infinity, retry: false, networkMode: "always" } as const;

/** {@link numberWith}, where the key is known already. */
export function useSafetyNumber(name: string, key: string | undefined) {
  const sotto = useSotto();
  const own = { username: sotto.username, publicKey: sotto.account.publicKey };
  return useQuery({
    queryKey: ["safety-number", own.publicKey, name, key ?? ""],
    queryFn: () => later(() => numberWith(own, name, key ?? "")),
    enabled: key !== undefined,
    ...KEPT,
  });
}

/** {@link fingerprintOf}, where the key is known already. */
export function useFingerprint(name: string, key: string | undefined) {
  return useQuery({
    queryKey: ["fingerprint", name, key ?? ""],
    queryFn: () => later(() => fingerprintOf(name, key ?? "")),
    enabled: key !== undefined,
    ...KEPT,
  });
}
