/** Bytes that may be held in memory at a time. */
export interface ByteBudget {
  /** True, and the bytes count, where there is room for them. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** A budget of which nothing is used. */
export function byteBudget(limit: number): ByteBudget {
  let left = limit;
  return {
    take(bytes) {
      if (bytes > left) return false;
      left -= bytes;
      return true;
    },
    give: (bytes) => void (left += bytes),
  };
}
