/** How a span ends that an error leaves (`sdk.status`). */

import { types } from "node:util";

import { STATUSES } from "./contract.js";
import { typeName } from "./describe.js";
import { type Captured, capture, captureError, captureName } from "./values.js";

const [OK, FAILED, CANCELLED] = STATUSES;
const MOST_CAUSES = 8;

/** Fails the spans that it leaves with a reason, and without a stack. */
export class Failed extends Error {
  /** The reason as it was given. */
  readonly reason: unknown;

  constructor(reason: unknown = "") {
    super(textOf(reason));
    this.reason = reason;
  }
}
Failed.prototype.name = "Failed";

/**
 * Ends a program from within: thrown, it leaves spans one by one, where `process.exit` would leave
 * them open. With a code that is not 0 they have failed. Who catches it exits with the code.
 */
export class Exit extends Error {
  constructor(readonly code = 0) {
    super(`exit with ${String(code)}`);
  }
}
Exit.prototype.name = "Exit";

/** How a span ended, for its last line. */
export interface Ending {
  readonly status: (typeof STATUSES)[number];
  readonly error?: Captured;
  readonly errorType?: Captured;
}

/** How a span ended that this left, be it an error or whatever else was thrown. */
export function judge(thrown: unknown): Ending {
  if (thrown instanceof Exit) return judgeExit(thrown.code);
  const errorType = captureName(errorTypeOf(thrown));
  if (errorType.text === "AbortError") return { status: CANCELLED, errorType };
  const text = thrown instanceof Failed ? textOf(thrown.reason) : stackOf(thrown);
  return { status: FAILED, error: captureError(text), errorType };
}

function judgeExit(code: unknown): Ending {
  if (code === 0) return { status: OK };
  return { status: FAILED, error: captureError(textOf(code)), errorType: captureName("Exit") };
}

/** A string as it is, whole, since an error's end is kept. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : capture(value, 1).text;
}

/** Whether it is an error, also if it comes from another realm. */
function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || thrown instanceof Error;
}

/** The names that errors have from the language, unless their class says another. */
const USUAL = new Set([
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
]);

/** An error's own name, or that of its class. */
function errorTypeOf(thrown: unknown): string {
  const name = textOr("", () => (thrown as Error).name);
  const isNamed = isError(thrown) && name !== "" && !USUAL.has(name);
  return isNamed ? name : typeName(thrown);
}

/** The stack of an error, and of those that caused it. */
function stackOf(thrown: unknown): string {
  const seen: unknown[] = [];
  let text = "";
  for (let error = thrown; seen.length < MOST_CAUSES; error = error.cause) {
    seen.push(error);
    text += `${text === "" ? "" : "\nCaused by: "}${oneStack(error)}`;
    if (!hasCause(error) || seen.includes(error.cause)) break;
  }
  return text;
}

function hasCause(error: unknown): error is Error {
  try {
    return isError(error) && error.cause !== undefined;
  } catch {
    return false; // a getter may throw
  }
}

/** Type, message and frames of one error: V8 notes them when the error is made, not its class. */
function oneStack(error: unknown): string {
  if (!isError(error)) return `${errorTypeOf(error)}: ${textOf(error)}`;
  const message = textOr("", () => error.message);
  const type = errorTypeOf(error);
  const title = message === "" ? type : `${type}: ${message}`;
  const stack = textOr("", () => error.stack);
  const frames = stack.indexOf("\n    at ", Math.max(stack.indexOf(message), 0) + message.length);
  return frames < 0 ? title : title + stack.slice(frames);
}

/** What an error's property says, if it is a text. */
function textOr(otherwise: string, say: () => unknown): string {
  try {
    const said = say();
    return typeof said === "string" ? said : otherwise;
  } catch {
    return otherwise;
  }
}
