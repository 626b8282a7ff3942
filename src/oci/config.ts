import type { Digest } from '../digest/digest.ts';
import { FormatError } from '../errors.ts';
import { parseJson } from '../bytes/json.ts';
import { ociLimits, type OciLimits } from './limits.ts';
import { checkAgainst, imageConfigSchema } from './schema.ts';

/** What an image runs, and what its layers are before compression (image-spec 1.1.1, config). */
export interface ImageConfig {
  /** RFC 3339. */
  readonly created?: string | null | undefined;
  readonly author?: string | null | undefined;
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string | null | undefined;
  readonly 'os.features'?: readonly string[] | null | undefined;
  readonly variant?: string | null | undefined;
  readonly config?: ImageExecution | null | undefined;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly ImageHistoryEntry[] | null | undefined;
}

/** How a container of an image starts. Docker writes null for what is not set. */
export interface ImageExecution {
  readonly User?: string | null | undefined;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly Volumes?: Readonly<Record<string, object>> | null | undefined;
  readonly WorkingDir?: string | null | undefined;
  readonly Labels?: Readonly<Record<string, string>> | null | undefined;
  readonly StopSignal?: string | null | undefined;
}

/** How a layer came to be. */
export interface ImageHistoryEntry {
  readonly created?: string | null | undefined;
  readonly author?: string | null | undefined;
  readonly created_by?: string | null | undefined;
  readonly comment?: string | null | undefined;
  readonly empty_layer?: boolean | null | undefined;
}

/**
 * Reads an image configuration from bytes that nobody vouches for.
 *
 * @throws FormatError `ERR_LIMIT_EXCEEDED`, `ERR_JSON_INVALID`, `ERR_MANIFEST_INVALID` with what is wrong where.
 */
export function parseImageConfig(
  bytes: Uint8Array,
  options: { readonly limits?: Partial<OciLimits> | undefined } = {},
): ImageConfig {
  const checked = checkAgainst(
    imageConfigSchema,
    parseJson(bytes, { maxBytes: ociLimits(options.limits).manifestBytes }),
  );
  if ('value' in checked) return checked.value;
  throw new FormatError('ERR_MANIFEST_INVALID', 'image config does not follow image-spec 1.1.1', checked);
}
