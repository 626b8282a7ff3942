import { parseJson, type JsonValue } from '../../../bytes/json.ts';
import { isPackError } from '../../../errors.ts';
import { isHtml } from '../../../http/answer-head.ts';
import { printable } from './warnings.ts';

/** What a registry says of its failure. */
export interface ErrorBody {
  /** The codes of distribution-spec 1.1.1, "Error codes", and whatever else stands in their place. */
  readonly codes: readonly string[];
  /** One line for a person; empty where the registry says nothing. */
  readonly text: string;
  /** True for a web page: what answered may be no registry at all. */
  readonly html: boolean;
}

const maxErrors = 5;
const maxText = 300;

/** Reads the beginning of the body of a failure, whatever it is. */
export function parseErrorBody(body: Uint8Array | undefined, headers: Headers | undefined): ErrorBody {
  const text = new TextDecoder().decode(body).trim();
  if (isHtml(headers) || /^(?:<!doctype html|<html)/i.test(text)) return { codes: [], text: '', html: true };
  const errors = errorsOf(text);
  if (errors === undefined) return { codes: [], text: printable(text.split('\n', 1)[0] ?? '', maxText), html: false };
  const codes = errors.map(({ code }) => code).filter((code) => code !== '');
  const lines = errors.map(({ code, message }) => [code, message].filter((part) => part !== '').join(': '));
  return { codes, text: printable(lines.join('; '), maxText), html: false };
}

/** The errors of a JSON body; undefined where it is none. Token servers say `error` and `error_description`, or `details`. */
function errorsOf(text: string): { readonly code: string; readonly message: string }[] | undefined {
  const body = objectOf(parsed(text));
  if (body === undefined) return undefined;
  const listed = Array.isArray(body['errors']) ? (body['errors'] as readonly JsonValue[]) : [];
  const errors = listed.slice(0, maxErrors).map((entry) => {
    const { code, message, detail } = objectOf(entry) ?? {};
    return { code: codeOf(code), message: textOf(message) || textOf(detail) };
  });
  if (errors.length > 0) return errors;
  const message = ['error_description', 'message', 'details', 'error'].map((key) => textOf(body[key])).find(Boolean);
  return [{ code: codeOf(body['code']), message: message ?? '' }];
}

function parsed(text: string): JsonValue | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (!isPackError(error)) throw error;
    return undefined;
  }
}

function objectOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonValue>>)
    : undefined;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function codeOf(value: JsonValue | undefined): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(textOf(value)) ? textOf(value) : '';
}
