/** The calls that a program makes, all with one tracer. */

import { type FlowFunction, type FlowMetadata, mark, run } from "./flows.js";
import { type AnyFunction, around, asNamed } from "./generators.js";
import { instrument } from "./instrument.js";
import { type Attributes, type Kind, NULL_SPAN, type Span } from "./span.js";
import type { Carried, Tracer } from "./tracer.js";

/** Opens spans of one kind. */
export interface Stretch {
  /** Runs a function within a span, and gives what it gives: a value, or a promise. */
  <T>(name: string, work: (span: Span) => T): T;
  /** Runs a function within a span that has these tags. */
  <T>(name: string, tags: Attributes, work: (span: Span) => T): T;
  /**
   * Opens a span that is current until it ends: by `using`, or by `end` or `fail`. JavaScript does
   * not tell `using` of errors, so a block that throws says so itself, or ends as ok.
   */
  (name: string, tags?: Attributes): Span;
  /** Decorates a function, coroutine, generator or method: each call is a span. */
  readonly around: (
    name: string,
    tags?: Attributes,
  ) => <F extends AnyFunction>(work: F, context?: unknown) => F;
}

/** Marks flows. */
export interface Flow {
  /** Marks a function, which is given back. */
  <F extends FlowFunction<never, unknown>>(work: F): F;
  /** Marks a function with another name than its own, a description, or its inputs. */
  <F extends FlowFunction<never, unknown>>(options: Partial<FlowMetadata>, work: F): F;
}

/** Runs flows. */
export interface RunFlow {
  <R>(work: FlowFunction<undefined, R>): R;
  <I, R>(work: FlowFunction<I, R>, input: I): R;
}

export interface Api {
  readonly step: Stretch;
  readonly span: Stretch;
  readonly currentSpan: () => Span;
  readonly instrument: <T extends object>(client: T) => T;
  readonly flow: Flow;
  readonly runFlow: RunFlow;
  readonly wrap: <F extends AnyFunction>(work: F) => F;
  readonly carry: () => Carried;
  readonly resume: <T>(carried: Carried, work: () => T) => T;
  readonly childEnv: (env?: NodeJS.ProcessEnv) => NodeJS.ProcessEnv;
}

type Work = (span: Span) => unknown;

export function createApi(tracer: Tracer): Api {
  return {
    step: stretch(tracer, "step"),
    span: stretch(tracer, "span"),
    currentSpan: () => tracer.current() ?? NULL_SPAN,
    instrument: (client) => instrument(tracer, client),
    flow: markFlow,
    runFlow: <I, R>(work: FlowFunction<I, R>, input?: I) => run(tracer, work, input as I),
    wrap: (work) => wrap(tracer, work),
    carry: () => tracer.carry(),
    resume: (carried, work) => tracer.resume(carried, work),
    childEnv: (env = process.env) => tracer.childEnv(env),
  };
}

function markFlow<F extends FlowFunction<never, unknown>>(
  ...given: [work: F] | [options: Partial<FlowMetadata>, work: F]
): F {
  return given.length === 1 ? mark({}, given[0]) : mark(given[0], given[1]);
}

function stretch(tracer: Tracer, kind: Kind): Stretch {
  const open = (name: string, second?: Attributes | Work, third?: Work): unknown => {
    const work = typeof second === "function" ? second : third;
    const tags = typeof second === "function" ? undefined : second;
    const opening = { kind, name, tags };
    return work === undefined ? tracer.enter(opening) : tracer.run(opening, work);
  };
  const decorate: Stretch["around"] = (name, tags) => (work) =>
    around(tracer, { kind, name, tags }, work);
  return Object.assign(open, { around: decorate }) as Stretch;
}

/** Takes the current span along in a function that is called from elsewhere. */
function wrap<F extends AnyFunction>(tracer: Tracer, work: F): F {
  const span = tracer.current();
  if (span === undefined) return work;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    return tracer.within(span, () => Reflect.apply(work, this, args) as unknown);
  };
  return asNamed(wrapped, work);
}
