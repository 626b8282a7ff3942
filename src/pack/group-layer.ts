import { tarStream } from '../archive/index.ts';
import { streamSource, type ByteSource } from '../bytes/source.ts';
import { annotationKeys, mediaTypes } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { groupTitle } from './annotations.ts';
import type { Stage } from './stage.ts';
import { reportedSource } from './tap-source.ts';
import type { StagedLayer } from './write-pack.ts';

/** Stages one tar of all artifacts, sorted by path. Each is read when its turn comes, so that none waits in memory. */
export function groupLayer(
  files: readonly { readonly path: string; readonly source: ByteSource }[],
  stage: Stage,
  options: OperationOptions,
): Promise<StagedLayer> {
  const entries = files.map(({ path, source }) => ({ path, type: 'file' as const, source }));
  const tar = streamSource((signal) => tarStream(entries, { signal }));
  return reported({ verb: 'write', name: groupTitle }, options, async (report) => {
    const blob = await stage.add(reportedSource(tar, report), report.options);
    const annotations = { [annotationKeys.title]: groupTitle };
    return { path: groupTitle, mediaType: mediaTypes.layerTar, blob, annotations: () => annotations };
  });
}
