/**
 * The parts that screens are made of: thin, styled wrappers over react-aria-components, which no feature imports by itself.
 *
 * - Buttons: `Button` (`variant` primary, secondary, quiet, danger; `size`; `icon`; `isPending`; `onPress`), `IconButton` (needs
 *   `aria-label`, shows it as its tooltip), `ToggleIconButton` (`isSelected`, `onChange`), `LinkButton` (`href`; with `aria-label` and
 *   `icon` alone: icon only).
 * - Fields: `TextField`, `TextArea`, `SearchField`, `Checkbox`, `Switch`, `RadioGroup` (`look="cards"`), `Select`. All controlled:
 *   `value` and `onChange(value)`, `label`, `description`, `error` (a sentence or null).
 * - Over the page: `Dialog` (`isOpen`, `onClose`, `title`, `actions`), `await confirm({ title, text, action, danger })`, `toast("Saved")`
 *   or `toast({ text, tone, action })`, `Menu` and `ContextMenu` (`entries`), `Popover` (`trigger`), `Tooltip`.
 * - Columns: `ScreenBar` (`title`, `back`, `actions`), `ScreenBody` (`narrow`), `Card`, `Tabs`, `Banner`, `EmptyState`, `Meter`,
 *   `Skeleton`, `SkeletonRows`, `Spinner`. A column is a flex column of full height: first a `ScreenBar`, then one `ScreenBody` or
 *   something with `flex: 1; min-height: 0`. The class `scroll` makes anything scroll as columns do.
 * - People: `Avatar` (only `data:` pictures; else initials), `presenceOf(status)`, `Badge`, `Tag`.
 * - Lists with arrow keys: `GridList`/`GridListItem` (rows that hold buttons), `ListBox`/`ListBoxItem`.
 * - For screen readers: `announce(text, "polite" | "assertive")`, `useAnnounce()`, `VisuallyHidden`.
 * - Time: `momentOf(timestamp)`, `clock`, `dayName`, `shortWhen`, `fullWhen`. Widths: `useIsPhone()`, `useIsWide()`, `useMediaQuery(…)`.
 *
 * Values of the design are the custom properties of `styles/tokens.css`; icons are lucide-react's, `aria-hidden`, sized by where they
 * stand.
 */

export * from "./announce";
export * from "./Avatar";
export * from "./picture";
export * from "./Badge";
export * from "./Banner";
export * from "./Button";
export type { Choice } from "./choice";
export * from "./cx";
export * from "./Dialog";
export * from "./EmptyState";
export * from "./lists";
export * from "./Menu";
export * from "./Meter";
export * from "./RadioGroup";
export * from "./Screen";
export * from "./Select";
export * from "./Skeleton";
export * from "./Spinner";
export * from "./Tabs";
export * from "./text-fields";
export * from "./ticks";
export * from "./time";
export * from "./Toast";
export * from "./Tooltip";
export * from "./useMediaQuery";
export * from "./VisuallyHidden";
export * from "./Wordmark";
