/**
 * A policy for artifact attestations of GitHub.
 *
 * @module
 */
export { githubPolicy, type GithubPolicyOptions } from './github-policy.ts';
