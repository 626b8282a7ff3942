/** A store as the contracts take it: open, and opened once more over what is there. */
export function openedTwice<Store>(open: () => Store): {
  readonly store: Store;
  readonly reopen: () => Promise<Store>;
} {
  return { store: open(), reopen: () => Promise.resolve(open()) };
}
