/** Lists with arrow keys: GridList where rows hold buttons, ListBox where one picks. */

export { GridList, GridListItem, type GridListItemProps, type GridListProps } from "react-aria-components/GridList";
export {
  Collection,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  type Key,
  type ListBoxItemProps,
  type ListBoxProps,
  type Selection,
} from "react-aria-components/ListBox";
