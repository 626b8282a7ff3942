import type { TestIdentity } from './fulcio-extensions.ts';
import type { JsonObject, LogEntryKind } from './log-body.ts';

/** What a bundle is to be made of. Everything has a default but what is signed. */
export interface SignOptions {
  /** A message that is signed by itself: give this or a statement. */
  readonly artifact?: Uint8Array | undefined;
  /** An in-toto statement, which is signed in a DSSE envelope. */
  readonly statement?: JsonObject | undefined;
  /** A certificate that is issued for it, or a key alone; `certificate` by default. */
  readonly signer?: 'certificate' | 'key' | undefined;
  /** Who signs: a URI where it has a scheme, else an email address; a workflow on GitHub by default. */
  readonly identity?: string | TestIdentity | undefined;
  /** Who vouched for that identity; GitHub's token issuer by default. */
  readonly issuer?: string | undefined;
  /** Fulcio's extensions by name, `sourceRepositoryURI` for example. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
  /** The version of the bundle; 0.3 by default. */
  readonly version?: '0.1' | '0.2' | '0.3' | undefined;
  /** The logs, by version of Rekor; the second of a version is of another operator. One of v1 by default. */
  readonly logs?: readonly ('v1' | 'v2')[] | undefined;
  /** The kind of the entry in Rekor v1; `hashedrekord` for messages and `dsse` for statements by default. */
  readonly entry?: LogEntryKind | undefined;
  /** How many authorities give a timestamp, 2 at most; by default 1 where no log of Rekor v1 tells the time. */
  readonly timestamps?: number | undefined;
  /** When timestamps are given, in milliseconds after the certificate begins; 2000 by default. */
  readonly timestampDelay?: number | undefined;
  /** Whether timestamps hold the certificate that they are signed with; they do by default. */
  readonly embedded?: boolean | undefined;
  /** How many logs give a signed certificate timestamp, 2 at most; 1 by default. */
  readonly scts?: number | undefined;
  /** Extensions in those, which are signed with them; none by default. */
  readonly sctExtensions?: Uint8Array | undefined;
  /** How many witnesses cosign the checkpoint of a log of Rekor v2, 1 at most; 0 by default. */
  readonly cosignatures?: number | undefined;
  /** The name of the key in a bundle without certificate; base64 of the SHA-256 of the key by default. */
  readonly hint?: string | undefined;
}

/** Options with their defaults. */
export type FullSignOptions = {
  readonly [Name in Exclude<keyof SignOptions, Optional | 'identity'>]-?: Exclude<SignOptions[Name], undefined>;
} & Pick<SignOptions, Optional> & { readonly identity: TestIdentity };

type Optional = 'artifact' | 'statement' | 'hint';

/** Puts in the defaults. */
export function fullSignOptions(options: SignOptions): FullSignOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given;
  const logs = options.logs ?? ['v1'];
  return {
    signer: 'certificate',
    issuer: 'https://token.actions.githubusercontent.com',
    extensions: {},
    version: '0.3',
    logs,
    entry: options.statement === undefined ? 'hashedrekord' : 'dsse',
    timestamps: logs.includes('v1') ? 0 : 1,
    timestampDelay: 2000,
    embedded: true,
    scts: 1,
    sctExtensions: new Uint8Array(0),
    cosignatures: 0,
    ...given,
    identity: identityOf(options.identity ?? workflow),
  };
}

type Given = { readonly [Name in keyof SignOptions]?: Exclude<SignOptions[Name], undefined> };

const workflow = 'https://github.com/example/project/.github/workflows/release.yml@refs/tags/v1.0.0';

function identityOf(identity: string | TestIdentity): TestIdentity {
  if (typeof identity !== 'string') return identity;
  return { kind: identity.includes('://') ? 'uri' : 'email', value: identity };
}
