/** True for the long run; the short one takes minutes. */
export const long: boolean = process.env['PACKWRIGHT_SOAK'] === 'long';

/** Bytes of memory that a process may take above one that does nothing. */
export const allowedMemory: number = 128 * 2 ** 20;

/** The seed of everything that is chosen by chance: `PACKWRIGHT_SEED` repeats a run. */
export const seed: number = Number(process.env['PACKWRIGHT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Prints one figure. */
export function figure(name: string, facts: Readonly<Record<string, string | number>>): void {
  const text = Object.entries(facts).map(([key, value]) => `${key} ${value}`);
  process.stdout.write(`soak: ${name}: ${text.join(', ')}\n`);
}

/** Bytes as a figure. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
