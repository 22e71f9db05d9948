/** A short name that shows on hover and on keyboard focus. */

import type { ReactElement } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import styles from "./Tooltip.module.css";

/** On which side of its element it shows. */
export type TooltipPlacement = "top" | "bottom" | "left" | "right";

/** Wraps one focusable element of `ui` (a button). The text repeats or adds to the element's name; nothing may be only here. */
export function Tooltip({
  text,
  placement = "bottom",
  children,
}: {
  text: string;
  placement?: TooltipPlacement;
  children: ReactElement;
}) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <AriaTooltip className={styles.tooltip ?? ""} placement={placement} offset={6}>
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
