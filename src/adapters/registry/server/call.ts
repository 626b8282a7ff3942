import type { Repository } from '../../../ports/registry.ts';
import type { RegistryAction } from './auth.ts';
import type { ServerSettings } from './settings.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** One request, with what its routes need. */
export interface ServerCall {
  readonly request: Request;
  readonly url: URL;
  readonly settings: ServerSettings;
  readonly uploads: UploadSessions;
  readonly repository: (name: string) => Repository;
  /** True where who asks may do that, too. */
  readonly may: (action: RegistryAction, repository: string) => Promise<boolean>;
}

/** The path of something in a repository, for the header `Location`. */
export function pathOf(repository: string, ...segments: readonly string[]): string {
  return `/v2/${repository}/${segments.join('/')}`;
}
