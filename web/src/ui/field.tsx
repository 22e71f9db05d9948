/** What fields have in common. */

import type { ReactNode } from "react";
import { FieldError, Text } from "react-aria-components/TextField";
import styles from "./fields.module.css";

/** Properties of every field. */
export interface Field {
  /** What it is for; `hideLabel` leaves it to screen readers. */
  readonly label: string;
  readonly hideLabel?: boolean;
  /** Below the field. */
  readonly description?: ReactNode;
  /** What is wrong with it; shown instead of the description and announced. */
  readonly error?: string | null;
  readonly isDisabled?: boolean;
  readonly className?: string;
}

/** What stands below a field: its description, or what is wrong with it. */
export function Notes({ description, error }: Pick<Field, "description" | "error">) {
  return (
    <>
      {description !== undefined && !error && (
        <Text slot="description" className={styles.description ?? ""} elementType="div">
          {description}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </>
  );
}
