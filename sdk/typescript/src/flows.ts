/** Flows: functions that a host runs under a root span. */

import type { Tracer } from "./tracer.js";

/** Where a flow's {@link FlowMetadata} lies on its function. */
export const FLOW = Symbol.for("hero_span.flow");

/** What a flow says of itself to those who list and run flows. */
export interface FlowMetadata {
  readonly name: string;
  readonly description: string;
  /** The inputs, by their names: the JSON type of each, or `any`. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** A function that a host may run: it takes its inputs as the members of one object. */
export type FlowFunction<I, R> = (input: I) => R;

export function mark<F extends FlowFunction<never, unknown>>(
  options: Partial<FlowMetadata>,
  work: F,
): F {
  const { name = work.name, description = "", inputs = {} } = options;
  Object.defineProperty(work, FLOW, { value: { name, description, inputs }, configurable: true });
  return work;
}

export function run<I, R>(tracer: Tracer, work: FlowFunction<I, R>, input: I): R {
  const { name } = metadataOf(work) ?? work;
  const params = input === undefined ? undefined : input;
  return tracer.run(
    { kind: "flow", name, params },
    () => work(input),
    (span, value) => {
      span.result(value);
    },
  );
}

function metadataOf(work: object): FlowMetadata | undefined {
  return (work as { [FLOW]?: FlowMetadata })[FLOW];
}
