/**
 * Traces a flow: says what it does, step by step, to a collector that listens on the Unix socket
 * named in `HERO_FLOW_SPAN_SOCK`. Without that variable every call is a silent, cheap no-op.
 *
 * @example
 * const rows = await step("load", { day }, async (span) => {
 *   const rows = await fetchRows(day);
 *   span.tag("rows", rows.length).log("loaded");
 *   return rows;
 * });
 */

import { type Api, createApi, type Flow, type RunFlow, type Stretch } from "./api.js";
import { Shared } from "./shared.js";
import { Tracer } from "./tracer.js";

export type { Flow, RunFlow, Stretch } from "./api.js";
export { Exit, Failed } from "./failures.js";
export { FLOW, type FlowFunction, type FlowMetadata } from "./flows.js";
export type { AnyFunction } from "./generators.js";
export { named } from "./instrument.js";
export type { Attributes, Level, Span } from "./span.js";
export type { Carried } from "./tracer.js";

const api: Api = createApi(new Tracer(Shared.ofProcess()));

/** A step of a flow. */
export const step: Stretch = api.step;

/** Any stretch of code, smaller than a step. */
export const span: Stretch = api.span;

/** The nearest open span, or one that takes every call and does nothing. */
export const currentSpan: Api["currentSpan"] = api.currentSpan;

/**
 * A stand-in for a client: each call of a public method is a span, with its arguments and what it
 * gave. Names that begin with `_`, symbols, classes and plain attributes pass through. While
 * nobody collects it is the client itself.
 */
export const instrument: Api["instrument"] = api.instrument;

/** Marks a function as a flow; calling it runs the function and nothing else. */
export const flow: Flow = api.flow;

/**
 * Runs a flow under its root span, with the input as params and what it gives as result: the
 * entry for hosts. Gives what the flow gives.
 */
export const runFlow: RunFlow = api.runFlow;

/** Takes the current span along in a function that an emitter or a pool calls. */
export const wrap: Api["wrap"] = api.wrap;

/** The current span as data for a worker thread, such as its `workerData`. */
export const carry: Api["carry"] = api.carry;

/** In a worker thread: runs a function under the span that it was given. */
export const resume: Api["resume"] = api.resume;

/** An environment for a child process that puts it under the current span. */
export const childEnv: Api["childEnv"] = api.childEnv;
