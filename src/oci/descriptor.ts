import type { Digest } from '../digest/digest.ts';

/** What some content is, how large it is, and what it hashes to (image-spec 1.1.1, descriptor). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly platform?: Platform | undefined;
  /** The content itself, in base64, where it is small. */
  readonly data?: string | undefined;
  readonly urls?: readonly string[] | undefined;
}

/** What an image runs on (image-spec 1.1.1, image index, "platform"). */
export interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string | undefined;
  readonly 'os.features'?: readonly string[] | undefined;
  readonly variant?: string | undefined;
}
