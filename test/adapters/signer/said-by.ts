/** Everything that an error says, as deep as it goes: what a log of it would hold. */
export function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return `${String(error)} ${JSON.stringify(error)}`;
  const { name, message, stack = '', cause } = error;
  const own = Object.getOwnPropertyNames(error).map((key) =>
    String((error as unknown as Record<string, unknown>)[key]),
  );
  return [name, message, stack, JSON.stringify(error), ...own, cause === undefined ? '' : saidBy(cause)].join('\n');
}

/** Whether a text repeats some of a secret: any of its pieces of so many characters. */
export function repeats(text: string, secret: string, length = 12): boolean {
  for (let at = 0; at + length <= secret.length; at++) if (text.includes(secret.slice(at, at + length))) return true;
  return false;
}
