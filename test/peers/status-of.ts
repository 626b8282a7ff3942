import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';

/** The status that a URL answers with, or undefined where there is no answer. */
export function statusOf(url: string, ca?: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? httpsGet(url, { ca, agent: false }) : httpGet(url, { agent: false });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
  });
}
