import type { Fetcher } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';

/** The page is served at this address too, so it is always the same origin. */
const ENDPOINT = '/graphql';
const INTROSPECTION = 'IntrospectionQuery';

export interface SourceReport {
  agency: string;
  outcome: 'ANSWERED' | 'STALE' | 'TIMED_OUT' | 'UNAVAILABLE' | 'REFUSED';
  asOf?: string | null;
  rows?: number | null;
}

export interface Extensions {
  completeness?: { complete: boolean; sources: SourceReport[] };
  masked?: Record<string, unknown> | unknown[];
  withheld?: Record<string, unknown> | unknown[];
  dataFlags?: Record<string, unknown> | unknown[];
}

/** What the status bar shows of one answer; never its data. */
export interface Answer {
  status: number;
  requestId: string | null;
  milliseconds: number;
  errors: number;
  extensions: Extensions;
}

export type Result = ExecutionResult<Record<string, unknown>, Extensions>;

export interface Outcome {
  result: Result;
  answer: Answer;
}

/** Sends one operation. Header names are case-insensitive, so one typed in the header pane replaces ours. */
export async function send(
  token: string | null,
  operation: { query: string; variables?: unknown; operationName?: string | null | undefined },
  extraHeaders: Record<string, string> = {},
): Promise<Outcome> {
  const headers = new Headers({
    accept: 'application/graphql-response+json, application/json;q=0.9',
    'content-type': 'application/json',
  });
  if (token) headers.set('authorization', `Bearer ${token}`);
  for (const [name, value] of Object.entries(extraHeaders)) headers.set(name, value);

  const started = performance.now();
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers,
    body: JSON.stringify(operation),
    credentials: 'omit',
    cache: 'no-store',
    redirect: 'error',
  });
  const result = (await response.json()) as Result;
  return {
    result,
    answer: {
      status: response.status,
      requestId: response.headers.get('x-request-id'),
      milliseconds: Math.round(performance.now() - started),
      errors: result.errors?.length ?? 0,
      extensions: result.extensions ?? {},
    },
  };
}

/**
 * GraphiQL introspects again whenever it gets a new fetcher: one per token shows that token's view.
 * `isCurrent` tells whether the caller is still the same when an answer comes; another's answer is dropped.
 */
export function fetcherFor(
  token: string | null,
  isCurrent: () => boolean,
  onAnswer: (answer: Answer) => void,
): Fetcher {
  return async (operation, options) => {
    const { result, answer } = await send(token, operation, options?.headers);
    if (!isCurrent()) return { errors: [] };
    if (operation.operationName !== INTROSPECTION) onAnswer(answer);
    return result;
  };
}
