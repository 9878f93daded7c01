/** Spans of functions that give promises: they end when the promise settles. */

import { types } from "node:util";

import type { OpenSpan, Span } from "./span.js";

/** Keeps what a function gave, such as in the span's result. */
export type Record = (span: Span, value: unknown) => void;

/**
 * Ends a span when this value is there, now or as a promise, and gives the value.
 *
 * Of a plain promise it gives one that settles alike, so that a rejection which nobody handles is
 * still told. A promise with more to it, such as one of a class of its own, is given as it is.
 * Other things with a `then` are values, for to call it may start what they stand for.
 */
export function settle<T>(span: OpenSpan, value: T, record?: Record): T {
  if (!types.isPromise(value)) {
    finish(span, value, record);
    return value;
  }
  const settled = Promise.prototype.then.call(
    value,
    (given: unknown) => {
      finish(span, given, record);
      return given;
    },
    (error: unknown) => {
      span.fail(error);
      throw error;
    },
  );
  if (isPlain(value)) return settled as T;
  settled.catch(() => undefined);
  return value;
}

function finish(span: OpenSpan, value: unknown, record?: Record): void {
  if (value !== undefined) record?.(span, value);
  span.end();
}

/** Whether it is a promise and nothing more. Symbols are Node's own. */
function isPlain(promise: object): boolean {
  return Object.getPrototypeOf(promise) === Promise.prototype && Object.keys(promise).length === 0;
}
