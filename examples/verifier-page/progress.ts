import { byId } from './element.ts';
import { byteWords } from './words.ts';
import type { RunOptions } from './finding.ts';

/** What the page shows while it works. */
export interface Progress {
  readonly isRunning: () => boolean;
  /** Ends what runs, where something does, for this reason. */
  readonly cancel: (reason: unknown) => void;
  readonly begin: () => RunOptions & { readonly end: () => void };
}

/** The bar and the button that cancels. */
export function openProgress(): Progress {
  const running = byId('running', HTMLElement);
  const verify = byId('verify', HTMLButtonElement);
  let controller: AbortController | undefined;
  byId('cancel', HTMLButtonElement).addEventListener('click', () => controller?.abort());
  return {
    isRunning: () => controller !== undefined,
    cancel: (reason) => controller?.abort(reason),
    begin: () => {
      const own = (controller = new AbortController());
      const paint = paintedOnce();
      running.hidden = false;
      paint('Working');
      // Not disabled: that would drop the focus of whoever pressed it.
      verify.setAttribute('aria-disabled', 'true');
      return {
        signal: own.signal,
        onProgress: paint,
        end: () => {
          controller = undefined;
          running.hidden = true;
          verify.removeAttribute('aria-disabled');
        },
      };
    },
  };
}

/** Shows the last of many states, as often as the screen is painted. */
function paintedOnce(): RunOptions['onProgress'] {
  const bar = byId('progress', HTMLProgressElement);
  const text = byId('progress-text', HTMLElement);
  let pending: Parameters<RunOptions['onProgress']> | undefined;
  const paint = (): void => {
    const [what = '', done, total] = pending ?? [];
    pending = undefined;
    if (done === undefined || total === undefined) bar.removeAttribute('value');
    else [bar.max, bar.value] = [Math.max(total, 1), done];
    text.textContent = total === undefined ? `${what}…` : `${what}: ${byteWords(done ?? 0)} of ${byteWords(total)}`;
  };
  return (...state) => {
    const first = pending === undefined;
    pending = state;
    if (first) requestAnimationFrame(paint);
  };
}
