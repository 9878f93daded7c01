/** The state of tracing in one thread: its producer and its current span. */

import { AsyncLocalStorage } from "node:async_hooks";
import { isMainThread } from "node:worker_threads";

import { ENV_PARENT, ENV_SOCKET } from "./contract.js";
import { openConnection, Producer } from "./producer.js";
import { settle } from "./promises.js";
import { type Shared, State } from "./shared.js";
import { nearestOpen, NULL_SPAN, OpenSpan, type Opening, type Span } from "./span.js";

/** Spans for another thread, as data that can be sent there: the current one and those around it. */
export interface Carried {
  readonly spans: readonly { readonly spanId: string; readonly ended: SharedArrayBuffer }[];
}

export class Tracer {
  readonly #current = new AsyncLocalStorage<OpenSpan | undefined>();
  readonly #shared: Shared | undefined;
  #producer: Producer | undefined;

  constructor(shared: Shared | undefined) {
    this.#shared = shared;
    // From now on, for a promise that was made before could not tell whose span is whose.
    if (process.env[ENV_SOCKET] !== undefined) this.#current.enterWith(undefined);
    if (isMainThread) shared?.onWanted(() => void this.producer());
  }

  /** The producer, if somebody collects: the first call tries to connect. */
  producer(): Producer | undefined {
    this.#producer ??= this.#startProducer();
    return this.#producer?.isDead === true ? undefined : this.#producer;
  }

  #startProducer(): Producer | undefined {
    const shared = this.#shared;
    if (shared === undefined || shared.state === State.off) return undefined;
    if (shared.state === State.open) return new Producer(shared);
    if (!isMainThread) return shared.want() === State.open ? new Producer(shared) : undefined;
    const connection = openConnection(shared);
    return connection && new Producer(shared, connection);
  }

  /** Opens a span under the current one, which stays current. */
  open(opening: Opening): OpenSpan | undefined {
    try {
      const producer = this.producer();
      if (producer === undefined) return undefined;
      const parent = this.current();
      const span = new OpenSpan(producer, producer.newId(), parent, this.#leave);
      span.start(opening);
      return span;
    } catch {
      return undefined; // such as when there is no more stack
    }
  }

  /** Opens a span and makes it current, until it ends. */
  enter(opening: Opening): Span {
    const span = this.open(opening);
    if (span === undefined) return NULL_SPAN;
    this.#current.enterWith(span);
    return span;
  }

  readonly #leave = (span: OpenSpan): void => {
    if (this.#current.getStore() === span) this.#current.enterWith(nearestOpen(span.parent));
  };

  /** Runs a function within a span; what it gives is what it gave, and a promise's end is awaited. */
  run<T>(
    opening: Opening,
    work: (span: Span) => T,
    record?: (span: Span, value: unknown) => void,
  ): T {
    const span = this.open(opening);
    if (span === undefined) return work(NULL_SPAN);
    let value: T;
    try {
      value = this.#current.run(span, work, span);
    } catch (error) {
      span.fail(error);
      throw error;
    }
    return settle(span, value, record);
  }

  /** Runs a function with this span, or without any, as the current one. */
  within<T>(span: OpenSpan | undefined, work: () => T): T {
    return this.#current.run(span, work);
  }

  /** The nearest open span. */
  current(): OpenSpan | undefined {
    return nearestOpen(this.#current.getStore());
  }

  /** The current span and those around it, for another thread. */
  carry(): Carried {
    const spans = [];
    for (let span = this.current(); span !== undefined; span = nearestOpen(span.parent)) {
      span.flag ??= new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      spans.push({ spanId: span.spanId, ended: span.flag.buffer as SharedArrayBuffer });
    }
    return { spans };
  }

  /** Runs a function under spans of another thread. */
  resume<T>(carried: Carried, work: () => T): T {
    const producer = carried.spans.length === 0 ? undefined : this.producer();
    if (producer === undefined) return work();
    let span: OpenSpan | undefined;
    for (const { spanId, ended } of [...carried.spans].reverse()) {
      span = new OpenSpan(producer, spanId, span);
      span.flag = new Int32Array(ended);
    }
    return this.within(span, work);
  }

  /** An environment for a child process that hangs its roots under the current span. */
  childEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const producer = this.producer();
    if (producer === undefined) return { ...env };
    const parent = this.current()?.spanId ?? producer.rootParent ?? "";
    return { ...env, [ENV_SOCKET]: process.env[ENV_SOCKET], [ENV_PARENT]: parent };
  }

  /** Leaves the connection, in all threads. */
  close(): void {
    this.#shared?.turnOff();
    this.#producer?.letGo();
    this.forget();
  }

  /** Forgets the current span. */
  forget(): void {
    this.#current.disable();
  }
}
