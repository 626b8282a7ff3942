/** A URL for requests that are made and never sent. */
const nowhere = 'https://registry.invalid/';

let streams: boolean | undefined;
let redirects: boolean | undefined;

/**
 * True where the platform sends a stream as the body of a request over every version of HTTP. A browser does not: one
 * sends the text "[object ReadableStream]", another refuses HTTP/1.1. It is known by the length of a body, which no
 * browser lets a program say.
 */
export function streamsBodies(): boolean {
  return (streams ??= probeStreams());
}

function probeStreams(): boolean {
  try {
    const init = { method: 'POST', headers: { 'content-length': '1' }, body: new ReadableStream(), duplex: 'half' };
    const { headers } = new Request(nowhere, init);
    return headers.has('content-length') && !headers.has('content-type');
  } catch {
    return false;
  }
}

/** True where the platform knows requests for which a redirect is an error. */
export function forbidsRedirects(): boolean {
  return (redirects ??= probeRedirects());
}

function probeRedirects(): boolean {
  try {
    return new Request(nowhere, { redirect: 'error' }).redirect === 'error';
  } catch {
    return false;
  }
}
