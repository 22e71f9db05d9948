/** What may be chosen in a radio group or a select. */

import type { ReactNode } from "react";
import type { Field } from "./field";

/** One of what may be chosen. */
export interface Choice<V extends string> {
  readonly value: V;
  readonly label: string;
  readonly description?: ReactNode;
  readonly icon?: ReactNode;
}

/** Properties of both. */
export interface ChoiceProps<V extends string> extends Field {
  readonly value: V | null;
  readonly onChange: (value: V) => void;
  readonly choices: readonly Choice<V>[];
}
