import { compareBytewise } from '../bytes/encoding.ts';
import { PathSet } from '../bytes/path.ts';
import { UsageError } from '../errors.ts';
import { isMediaType, mediaTypes, type Descriptor } from '../oci/index.ts';
import type { OperationOptions } from '../ports/operation.ts';
import { reported } from '../ports/report.ts';
import { annotationKeys } from '../oci/annotations.ts';
import { executableAnnotation } from './annotations.ts';
import { checkOptions } from '../bytes/check-options.ts';
import { eachBounded } from './each-bounded.ts';
import { addDetails } from './failure.ts';
import { folderSource } from './folder-source.ts';
import type { InputFile, InputFolder, PackFilesInput, PackResult } from './pack-input.ts';
import { describeLocation } from './pack-location.ts';
import { stageBefore, type Stage, type StagedBlob } from './stage.ts';
import { reportedSource } from './tap-source.ts';
import { commitLayers, withStaged, writeManifest, type StagedLayer, type WriteContext } from './write-pack.ts';

/** What the manifest of some files says besides them. */
export interface FilesFacts {
  /** The manifest that this one is attached to. */
  readonly subject?: Descriptor | undefined;
}

/** Packs files and folders as `oras push` does: one layer each, sorted by path, an empty config, titles. */
export function packFiles(input: PackFilesInput, context: WriteContext, facts: FilesFacts = {}): Promise<PackResult> {
  checkInput(input);
  return reported({ verb: 'pack', name: describeLocation(context.target) }, context.options, (report) =>
    packInto(input, { ...context, options: report.options }, facts),
  );
}

async function packInto(input: PackFilesInput, context: WriteContext, { subject }: FilesFacts): Promise<PackResult> {
  const { artifactType = mediaTypes.unknownArtifact, annotations } = input;
  const staged = new Set<StagedBlob>();
  return withStaged(staged, async () => {
    const layers = await stageAll(input, context, staged);
    // By path, so that the order in which a shell or a disk lists files is nothing that the digest depends on.
    layers.sort((a, b) => compareBytewise(a.path, b.path));
    const written = await commitLayers(layers, context);
    return writeManifest(written, { artifactType, annotations, subject }, context);
  });
}

const inputKeys = ['files', 'folders', 'artifactType', 'annotations'];

function checkInput(input: PackFilesInput): void {
  checkOptions('input', input, inputKeys);
  const { files = [], folders = [], artifactType } = input;
  if (files.length + folders.length === 0) {
    throw new UsageError('ERR_INVALID_ARGUMENT', 'input has no files and no folders', { argument: 'files' });
  }
  if (artifactType !== undefined && !isMediaType(artifactType)) throw notMediaType('artifactType', artifactType);
  const paths = new PathSet();
  for (const file of files) checkFile(file, paths);
  for (const folder of folders) {
    checkOptions('folder', folder, ['path', 'entries', 'annotations']);
    paths.add(folder.path);
  }
}

function checkFile(file: InputFile, paths: PathSet): void {
  checkOptions('file', file, ['path', 'source', 'mediaType', 'executable', 'annotations']);
  paths.add(file.path);
  if (file.mediaType !== undefined && !isMediaType(file.mediaType)) throw notMediaType('mediaType', file.mediaType);
}

function notMediaType(argument: string, value: string): UsageError {
  const shown = JSON.stringify(value.slice(0, 120));
  return new UsageError('ERR_INVALID_MEDIA_TYPE', `${argument} ${shown} is not a media type (RFC 6838)`, { argument });
}

function stageAll(input: PackFilesInput, context: WriteContext, staged: Set<StagedBlob>): Promise<StagedLayer[]> {
  const stage = stageBefore(context.target.repository);
  const { files = [], folders = [] } = input;
  const jobs = [
    ...files.map((file) => (options: OperationOptions) => stageFile(file, stage, options)),
    ...folders.map((folder) => (options: OperationOptions) => stageFolder(folder, stage, options)),
  ];
  return eachBounded(jobs, { ...context, signal: context.options.signal }, async (job, signal) => {
    const layer = await job({ ...context.options, signal });
    staged.add(layer.blob);
    return layer;
  });
}

function stageFile(file: InputFile, stage: Stage, options: OperationOptions): Promise<StagedLayer> {
  const { path, source, mediaType = mediaTypes.layerTar, executable = false } = file;
  return reported({ verb: 'read', name: path, total: source.size }, options, async (report) => {
    const blob = await stage.add(reportedSource(source, report), report.options).catch((error: unknown) => {
      throw addDetails(error, { path });
    });
    const annotations = {
      ...file.annotations,
      [annotationKeys.title]: path,
      ...(executable ? { [executableAnnotation]: 'true' } : {}),
    };
    return { path, mediaType, blob, annotations: () => annotations };
  });
}

function stageFolder(folder: InputFolder, stage: Stage, options: OperationOptions): Promise<StagedLayer> {
  const { path } = folder;
  return reported({ verb: 'read', name: path }, options, async (report) => {
    const layer = folderSource(folder, report.options);
    const blob = await stage.add(reportedSource(layer.source, report), report.options).catch((error: unknown) => {
      throw addDetails(error, { path });
    });
    const annotations = {
      ...folder.annotations,
      [annotationKeys.title]: path,
      [annotationKeys.orasUnpack]: 'true',
      [annotationKeys.orasDigest]: await layer.diffId(),
    };
    return { path, mediaType: mediaTypes.layerTarGzip, blob, annotations: () => annotations };
  });
}
