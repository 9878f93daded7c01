/// <reference lib="esnext.disposable" preserve="true" />
/** Spans: stretches of work that begin, say something, and end. */

import { LEVELS, type KINDS } from "./contract.js";
import {
  type Attributes,
  Body,
  type Build,
  captureMembers,
  membersOf,
  quickMembers,
  quickName,
  quickScalar,
  ROUNDS,
} from "./event.js";
import { type Ending, judge } from "./failures.js";
import { type Head, headOf } from "./line.js";
import { END, type EndFlag, type Producer } from "./producer.js";
import { type Captured, capture, captureName, captureText } from "./values.js";

export type { Attributes } from "./event.js";

/** What a span stands for. */
export type Kind = (typeof KINDS)[number];

/** How much a log line matters. */
export type Level = (typeof LEVELS)[number];

/**
 * A stretch of work. No method throws, and each gives the span itself where it gives anything, so
 * that calls can be chained. After its end a span takes every call and does nothing.
 */
export interface Span extends Disposable, AsyncDisposable {
  /** Its id, 16 digits in hex, or null while nobody collects. */
  readonly spanId: string | null;

  /** Sets a tag; the last value of a key wins. */
  tag(key: string, value: unknown): Span;
  /** Sets several tags. */
  tag(tags: Attributes): Span;

  /** Says something, with data that goes with it. */
  log(message: string, fields?: Attributes): Span;
  /** Says something at a level; without one it is said at `info`. */
  log(message: string, level: Level, fields?: Attributes): Span;

  /** Sets what the span gives; it is sent with its end. */
  result(value: unknown): Span;

  /** Ends the span. Only spans that were opened without a function need it, or `using`. */
  end(): void;

  /** Ends the span as one that this error left. */
  fail(error: unknown): void;
}

/** What everybody gets while the SDK is off: it takes every call and does nothing. */
class NullSpan implements Span {
  readonly spanId = null;

  tag(): this {
    return this;
  }

  log(): this {
    return this;
  }

  result(): this {
    return this;
  }

  end(): void {
    // There is nothing to end.
  }

  fail(): void {
    // There is nothing to end.
  }

  [Symbol.dispose](): void {
    // There is nothing to end.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

export const NULL_SPAN: Span = new NullSpan();

/** What a span begins with. */
export interface Opening {
  readonly kind: Kind;
  readonly name: string;
  readonly tags?: Attributes | undefined;
  readonly params?: unknown;
}

/** The nearest ancestor that is open, or the span itself. */
export function nearestOpen(span: OpenSpan | undefined): OpenSpan | undefined {
  let open = span;
  while (open !== undefined && !open.isOpen) open = open.parent;
  return open;
}

const START = headOf("span_start");
const TAG = headOf("span_tag");
const LOG = headOf("span_log");
const ALIASES: Readonly<Record<string, Level>> = {
  warning: "warn",
  critical: "error",
  fatal: "error",
};

/** A span that was sent, in the thread that opened it or in one that was given it. */
export class OpenSpan implements Span {
  #isOpen = true;
  #result: Captured | undefined;
  /** Whether it ended, for the threads that share it. */
  flag: EndFlag | undefined;

  /** @param leave is called when it ends here, or never if another thread opened it */
  constructor(
    readonly producer: Producer,
    readonly spanId: string,
    readonly parent: OpenSpan | undefined,
    private readonly leave?: (span: OpenSpan) => void,
  ) {}

  get isOpen(): boolean {
    return this.#isOpen && (this.flag === undefined || Atomics.load(this.flag, 0) === 0);
  }

  /** Sends its beginning. */
  start({ kind, name, tags, params }: Opening): void {
    const parent = this.parent?.spanId ?? this.producer.rootParent;
    const ids = `"span_id":"${this.spanId}","parent_span_id":${parent === null ? "null" : `"${parent}"`}`;
    const quick = params === undefined ? quickStart(name, kind, tags) : undefined;
    if (quick !== undefined) {
      this.#send(START, ids + quick);
      return;
    }
    const captured = captureName(name);
    const members = captureMembers(tags ?? {});
    const input = params === undefined ? undefined : capture(params, 2);
    this.#sendBuilt(START, (body) =>
      body
        .fixed(ids)
        .name("name", captured)
        .fixed(`"kind":"${kind}"`)
        .members("tags", members)
        .value("params", input),
    );
  }

  tag(key: string | Attributes, value?: unknown): this {
    if (!this.isOpen) return this;
    try {
      if (typeof key !== "object") this.#tag(key, value);
      else for (const [name, tag] of membersOf(key)) if (tag !== undefined) this.#tag(name, tag);
    } catch {
      this.producer.drop();
    }
    return this;
  }

  log(message: string, level?: Level | Attributes, fields?: Attributes): this {
    if (!this.isOpen) return this;
    try {
      if (typeof level === "object") this.#log(message, undefined, level);
      else this.#log(message, level, fields);
    } catch {
      this.producer.drop();
    }
    return this;
  }

  result(value: unknown): this {
    if (!this.isOpen || this.leave === undefined) return this;
    try {
      this.#result = capture(value, 2);
    } catch {
      // Such as when there is no more stack: it ends without a result.
    }
    return this;
  }

  end(): void {
    this.#end();
  }

  fail(error: unknown): void {
    this.#end(error, true);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end();
    return Promise.resolve();
  }

  #end(error?: unknown, hasFailed = false): void {
    if (!this.#isOpen || this.leave === undefined) return;
    this.#isOpen = false; // at once: an error may have code of its own that speaks of this span
    try {
      this.leave(this);
      this.#sendEnd(hasFailed ? judge(error) : undefined);
    } catch {
      this.producer.drop();
    }
  }

  #tag(key: unknown, value: unknown): void {
    const name = quickName(key);
    const text = quickScalar(value);
    if (name !== undefined && text !== undefined) {
      this.#send(TAG, `"span_id":"${this.spanId}","key":${name},"value":${text}`);
      return;
    }
    const capturedKey = captureName(key);
    const captured = capture(value, 2);
    this.#sendBuilt(TAG, (body) =>
      body.fixed(`"span_id":"${this.spanId}"`).name("key", capturedKey).value("value", captured),
    );
  }

  #log(message: unknown, level: unknown, fields: Attributes | undefined): void {
    const known = `"level":"${levelOf(level)}"`;
    const text = typeof message === "string" ? quickScalar(message) : undefined;
    const quick = text === undefined ? undefined : quickMembers("fields", fields);
    if (text !== undefined && quick !== undefined) {
      this.#send(LOG, `"span_id":"${this.spanId}","message":${text},${known}${quick}`);
      return;
    }
    const captured = captureText(message);
    const members = captureMembers(fields ?? {});
    this.#sendBuilt(LOG, (body) =>
      body
        .fixed(`"span_id":"${this.spanId}"`)
        .value("message", captured)
        .fixed(known)
        .members("fields", members),
    );
  }

  #sendEnd(ending: Ending | undefined): void {
    const start = `"span_id":"${this.spanId}","status":"${ending?.status ?? "ok"}"`;
    const result = this.#result;
    if (ending === undefined && result === undefined) {
      this.#send(END, start);
      return;
    }
    this.#sendBuilt(END, (body) => {
      body.fixed(start).error(ending?.error);
      if (ending?.errorType !== undefined) body.name("error_type", ending.errorType);
      return body.value("result", result);
    });
  }

  #send(head: Head, fields: string, build?: Build): void {
    this.producer.send(head, fields, build, this.flag);
  }

  #sendBuilt(head: Head, fill: (body: Body) => Body): void {
    const build: Build = (limits) => fill(new Body(limits)).toString();
    this.#send(head, build(ROUNDS[0]), build);
  }
}

/** The fields of a start of short scalars, with a comma before them, or undefined. */
function quickStart(name: unknown, kind: Kind, tags: Attributes | undefined): string | undefined {
  const quick = quickName(name);
  const members = quick === undefined ? undefined : quickMembers("tags", tags);
  if (quick === undefined || members === undefined) return undefined;
  return `,"name":${quick},"kind":"${kind}"${members}`;
}

function levelOf(level: unknown): Level {
  const text = typeof level === "string" ? level.toLowerCase() : "info";
  return LEVELS.find((known) => known === text) ?? ALIASES[text] ?? "info";
}
