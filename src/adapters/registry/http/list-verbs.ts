/** What lists, in one piece: who knows what to pull does not load it. */
export { listRepositories } from './catalog.ts';
export { listReferrers } from './referrers.ts';
export { listTags, repositoryExists } from './tags.ts';
