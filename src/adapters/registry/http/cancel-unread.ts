/** Gives up a stream that is cancelled before anybody reads it: what reads it has not begun then, and hears nothing. */
export function cancelUnread(stream: ReadableStream<Uint8Array>, cancelled: AbortSignal): void {
  const cancel = (): void => {
    // Who reads it holds it, and gives it up.
    if (!stream.locked) stream.cancel().catch(() => undefined);
  };
  cancelled.addEventListener('abort', cancel, { once: true });
}
