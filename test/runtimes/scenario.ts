import { createHash, digestOf, integrityOf, verifyStream } from 'packwright/digest';
import { buildManifest, emptyDescriptor, mediaTypes, parseManifest, parseReference } from 'packwright/oci';

/** What one runtime gives for one input: the same on all of them, to the last digit. */
export type Outcome = Readonly<Record<string, unknown>>;

/** Bytes that look random and are the same everywhere. */
function someBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 42;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const streamOf = (bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new Blob([bytes]).stream();

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  while (!(await reader.read()).done);
}

async function digests(): Promise<Outcome> {
  const bytes = someBytes(300_000);
  const halves = createHash('sha256').update(bytes.subarray(0, 77_777)).update(bytes.subarray(77_777));
  const wrong = { digest: digestOf(bytes), size: bytes.length - 1 };
  return {
    sha256: digestOf(bytes),
    sha384: digestOf(bytes, 'sha384'),
    sha512: digestOf(bytes, 'sha512'),
    'sha256 in two parts': halves.digest(),
    integrity: integrityOf(digestOf(bytes, 'sha512')),
    'one byte too many': await codeOf(() => drain(streamOf(bytes).pipeThrough(verifyStream(wrong)))),
  };
}

function documents(): Outcome {
  const { bytes, descriptor } = buildManifest({
    artifactType: 'application/vnd.example.thing',
    config: emptyDescriptor,
    layers: [{ mediaType: 'application/octet-stream', digest: digestOf(someBytes(10)), size: 10 }],
    annotations: { zebra: 'last', 'org.opencontainers.image.title': 'Ünïcode \u2028 name', alpha: 'first' },
  });
  return {
    manifest: descriptor.digest,
    'manifest type': descriptor.mediaType === mediaTypes.imageManifest,
    'layers read back': layersOf(bytes),
    reference: parseReference('registry.example:5000/some/thing:v1').repository,
  };
}

function layersOf(bytes: Uint8Array): number | undefined {
  const parsed = parseManifest(bytes);
  return parsed.kind === 'manifest' ? parsed.document.layers.length : undefined;
}

/** Does a little of everything that runs on every platform. */
export async function scenario(): Promise<Outcome> {
  return { ...(await digests()), ...documents() };
}
