/** The hex of an x3dh_notification. */
import type { Invitation } from "./group.js";
import { decodeHex } from "./hex.js";

/** The texts of an x3dh_notification (or of a DM's `x3dh` row); the fields are those of {@link Invitation}. */
export interface InvitationHex {
  readonly sender: string;
  readonly ik: string;
  readonly spk: string;
  readonly ek: string;
  readonly keyTree: readonly string[];
  readonly position: number;
  readonly dmId: number;
  readonly info: string | undefined;
}

/**
 * Reads the hex.
 *
 * @throws Refusal `E_HEX` where it is not canonical, or `ik`, `ek` or a tree key is not 32 bytes long
 */
export function parseInvitation(hex: InvitationHex): Invitation {
  return {
    sender: hex.sender,
    ik: decodeHex(hex.ik, 32),
    spk: decodeHex(hex.spk),
    ek: decodeHex(hex.ek, 32),
    keyTree: hex.keyTree.map((key) => decodeHex(key, 32)),
    position: hex.position,
    dmId: hex.dmId,
    info: hex.info === undefined ? undefined : decodeHex(hex.info),
  };
}
