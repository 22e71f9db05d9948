/** A button with a menu, a menu at a point, and a popover. */

import type { ReactElement, ReactNode, RefObject } from "react";
import { Dialog, DialogTrigger } from "react-aria-components/Dialog";
import { Menu as AriaMenu, MenuItem as AriaMenuItem, MenuTrigger, Separator } from "react-aria-components/Menu";
import { Popover as AriaPopover, type Placement } from "react-aria-components/Popover";
import { Check } from "lucide-react";
import { cx } from "./cx";
import styles from "./Menu.module.css";

/** A line of a menu; "line": a rule between groups. */
export type MenuEntry =
  | "line"
  | {
      readonly id: string;
      readonly label: string;
      readonly icon?: ReactNode;
      readonly danger?: boolean;
      readonly isDisabled?: boolean;
      /** Shows a tick. */
      readonly isSelected?: boolean;
      readonly onAction: () => void;
    };

interface Entries {
  /** For screen readers. */
  readonly label: string;
  readonly entries: readonly MenuEntry[];
}

function Lines({ label, entries }: Entries) {
  return (
    <AriaMenu aria-label={label} className={cx(styles.menu, "scroll")}>
      {entries.map((entry, at) =>
        entry === "line" ? (
          <Separator key={`line ${at}`} className={styles.line ?? ""} />
        ) : (
          <AriaMenuItem
            key={entry.id}
            id={entry.id}
            textValue={entry.label}
            isDisabled={entry.isDisabled ?? false}
            onAction={entry.onAction}
            className={cx(styles.item, entry.danger && styles.danger)}
          >
            {entry.icon}
            <span className={styles.itemText}>{entry.label}</span>
            {entry.isSelected && <Check aria-label="Chosen" />}
          </AriaMenuItem>
        ),
      )}
    </AriaMenu>
  );
}

/** A menu under a button of `ui`: `<Menu label="More" entries={…}><IconButton …/></Menu>`. */
export function Menu({ children, placement = "bottom end", ...menu }: Entries & { children: ReactElement; placement?: Placement }) {
  return (
    <MenuTrigger>
      {children}
      <AriaPopover placement={placement} offset={4} className={styles.popover ?? ""}>
        <Lines {...menu} />
      </AriaPopover>
    </MenuTrigger>
  );
}

/** A menu that the app opens itself, at an element (a long press, the context menu key, a right click). */
export function ContextMenu(
  menu: Entries & { isOpen: boolean; onClose: () => void; target: RefObject<Element | null>; placement?: Placement },
) {
  const { isOpen, onClose, target, placement = "bottom start", ...lines } = menu;
  return (
    <AriaPopover
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      triggerRef={target}
      placement={placement}
      offset={4}
      className={styles.popover ?? ""}
      trigger="MenuTrigger"
      aria-label={menu.label}
    >
      <Lines {...lines} />
    </AriaPopover>
  );
}

/** Properties of {@link Popover}. */
export interface PopoverProps {
  /** For screen readers. */
  readonly label: string;
  /** A button of `ui` that opens it. */
  readonly trigger: ReactElement;
  readonly placement?: Placement;
  readonly isOpen?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
  readonly className?: string;
  readonly children: ReactNode | ((close: () => void) => ReactNode);
}

/** A small window at a button. */
export function Popover({ label, trigger, placement = "bottom", isOpen, onOpenChange, className, children }: PopoverProps) {
  return (
    <DialogTrigger {...(isOpen === undefined ? {} : { isOpen })} {...(onOpenChange ? { onOpenChange } : {})}>
      {trigger}
      <AriaPopover placement={placement} offset={6} className={cx(styles.popover, className)}>
        <Dialog aria-label={label} className={styles.dialog ?? ""}>
          {({ close }) => (typeof children === "function" ? children(close) : children)}
        </Dialog>
      </AriaPopover>
    </DialogTrigger>
  );
}
