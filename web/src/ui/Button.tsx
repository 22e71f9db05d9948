/** Buttons: with a text, with only an icon (and then a tooltip), and links that look like buttons. */

import type { ReactNode, Ref } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components/Button";
import { ToggleButton as AriaToggleButton, type ToggleButtonProps as AriaToggleButtonProps } from "react-aria-components/ToggleButton";
import { Link } from "wouter";
import styles from "./Button.module.css";
import { cx } from "./cx";
import { Spinner } from "./Spinner";
import { Tooltip, type TooltipPlacement } from "./Tooltip";

/** `primary`: the one thing to do here; `secondary`: others; `quiet`: in bars and lists; `danger`: what cannot be undone. */
export type ButtonVariant = "primary" | "secondary" | "quiet" | "danger";

/** Properties of {@link Button}. */
export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children" | "isPending"> {
  readonly variant?: ButtonVariant;
  readonly size?: "normal" | "small" | "large";
  /** Before the text. */
  readonly icon?: ReactNode;
  /** What it does is under way: it shows a spinner, keeps its width and the focus, and takes no presses. */
  readonly isPending?: boolean;
  /** As wide as what it stands in. */
  readonly wide?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

// react-aria's own `isPending` announces by an image that refers to the button, which is gone or renamed when it is read.
const PENDING = { onPress: () => undefined, type: "button", "aria-disabled": true } as const;

/** A button with a text. */
export function Button({ variant = "secondary", size = "normal", icon, wide, isPending, className, children, ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      {...(isPending ? PENDING : {})}
      className={cx(styles.button, styles[variant], styles[size], wide && styles.wide, className)}
    >
      <span className={styles.content} data-pending={isPending || undefined}>
        {icon}
        {children}
      </span>
      {isPending && (
        <span className={styles.pending}>
          <Spinner label="Please wait" />
        </span>
      )}
    </AriaButton>
  );
}

/** Properties of {@link IconButton}. */
export interface IconButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children" | "isPending"> {
  /** What it does, for screen readers and as its tooltip. */
  readonly "aria-label": string;
  readonly variant?: ButtonVariant;
  readonly size?: "normal" | "small";
  readonly tooltip?: TooltipPlacement | false;
  /** As with {@link Button}. */
  readonly isPending?: boolean;
  readonly className?: string;
  /** The icon, 20 px. */
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with only an icon. */
export function IconButton({
  variant = "quiet",
  size = "normal",
  tooltip = "bottom",
  isPending,
  className,
  children,
  ...props
}: IconButtonProps) {
  const button = (
    <AriaButton
      {...props}
      {...(isPending ? PENDING : {})}
      className={cx(styles.button, styles.iconOnly, styles[variant], size === "small" && styles.iconSmall, className)}
    >
      {isPending ? <Spinner label="Please wait" /> : children}
    </AriaButton>
  );
  return tooltip === false ? (
    button
  ) : (
    <Tooltip text={props["aria-label"]} placement={tooltip}>
      {button}
    </Tooltip>
  );
}

/** Properties of {@link ToggleIconButton}. */
export interface ToggleIconButtonProps extends Omit<AriaToggleButtonProps, "className" | "style" | "children"> {
  readonly "aria-label": string;
  readonly tooltip?: TooltipPlacement | false;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A button with only an icon that is on or off (`isSelected`, `onChange`). */
export function ToggleIconButton({ tooltip = "bottom", className, children, ...props }: ToggleIconButtonProps) {
  const button = (
    <AriaToggleButton {...props} className={cx(styles.button, styles.iconOnly, styles.quiet, styles.toggle, className)}>
      {children}
    </AriaToggleButton>
  );
  return tooltip === false ? (
    button
  ) : (
    <Tooltip text={props["aria-label"]} placement={tooltip}>
      {button}
    </Tooltip>
  );
}

/** Properties of {@link LinkButton}. */
export interface LinkButtonProps {
  /** A route of this app. */
  readonly href: string;
  readonly variant?: ButtonVariant;
  readonly size?: "normal" | "small" | "large";
  readonly icon?: ReactNode;
  readonly wide?: boolean;
  readonly className?: string;
  readonly children?: ReactNode;
  /** Shows only the icon, with this name. */
  readonly "aria-label"?: string;
  readonly replace?: boolean;
}

/** A link to a route that looks like a button; with `aria-label` and `icon` and no children like an icon button. */
export function LinkButton(link: LinkButtonProps) {
  const {
    href,
    variant = link.children === undefined ? "quiet" : "secondary",
    size = "normal",
    icon,
    wide,
    className,
    children,
    replace,
  } = link;
  const only = children === undefined;
  return (
    <Link
      href={href}
      {...(replace === undefined ? {} : { replace })}
      aria-label={link["aria-label"]}
      title={only ? link["aria-label"] : undefined}
      className={cx(styles.button, styles.link, styles[variant], only ? styles.iconOnly : styles[size], wide && styles.wide, className)}
    >
      <span className={styles.content}>
        {icon}
        {children}
      </span>
    </Link>
  );
}
