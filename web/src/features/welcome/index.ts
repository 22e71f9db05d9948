/** The ways in: welcome, register, log in, unlock; and choosing a passphrase, which the settings do too. */

export { chosenPassphrase, NewPassphrase, NO_PASSPHRASE, type PassphraseChoice } from "./PassphraseFields";
export { Welcome } from "./Welcome";
