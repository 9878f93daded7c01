/** Functions that are spans at each call, generators among them. */

import { types } from "node:util";

import { NULL_SPAN, type OpenSpan, type Opening } from "./span.js";
import type { Tracer } from "./tracer.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function may be decorated
export type AnyFunction = (this: any, ...args: any[]) => any;

/** Makes a span of each call; of a generator's, from its first step to its end. */
export function around<F extends AnyFunction>(tracer: Tracer, opening: Opening, inner: F): F {
  return asNamed(outerOf(tracer, opening, inner), inner);
}

/** Gives a function the name and the length of the one that it stands for. */
export function asNamed<F extends AnyFunction>(outer: AnyFunction, { length, name }: F): F {
  return Object.defineProperties(outer, { length: { value: length }, name: { value: name } }) as F;
}

function outerOf(tracer: Tracer, opening: Opening, inner: AnyFunction): AnyFunction {
  if (types.isGeneratorFunction(inner)) {
    return types.isAsyncFunction(inner)
      ? aroundAsyncGenerator(tracer, opening, inner)
      : aroundGenerator(tracer, opening, inner);
  }
  return function (this: unknown, ...args: unknown[]): unknown {
    return tracer.run(opening, () => Reflect.apply(inner, this, args) as unknown);
  };
}

/** Keeps a generator's span current only while its own code has its turn. */
class Turns {
  readonly span: OpenSpan | undefined;
  #inside: OpenSpan | undefined;

  constructor(
    readonly tracer: Tracer,
    opening: Opening,
  ) {
    this.span = tracer.open(opening);
    this.#inside = this.span;
  }

  take<T>(turn: () => T): T {
    if (this.span === undefined) return turn();
    return this.tracer.within(this.#inside, () => {
      try {
        return turn();
      } finally {
        this.#inside = this.tracer.current();
      }
    });
  }
}

function aroundGenerator(tracer: Tracer, opening: Opening, inner: AnyFunction): AnyFunction {
  return function* (this: unknown, ...args: unknown[]): Generator<unknown, unknown> {
    const turns = new Turns(tracer, opening);
    const span = turns.span ?? NULL_SPAN;
    try {
      const items = Reflect.apply(inner, this, args) as Generator<unknown, unknown>;
      let resume = (): IteratorResult<unknown, unknown> => items.next();
      let isOver = false;
      try {
        for (;;) {
          const item = turns.take(resume);
          isOver = item.done === true;
          if (item.done === true) return item.value;
          try {
            const sent: unknown = yield item.value;
            resume = () => items.next(sent);
          } catch (error) {
            resume = () => items.throw(error);
          }
        }
      } catch (error) {
        isOver = true;
        throw error;
      } finally {
        if (!isOver) turns.take(() => items.return(undefined));
      }
    } catch (error) {
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  };
}

function aroundAsyncGenerator(tracer: Tracer, opening: Opening, inner: AnyFunction): AnyFunction {
  return async function* (this: unknown, ...args: unknown[]): AsyncGenerator<unknown, unknown> {
    const turns = new Turns(tracer, opening);
    const span = turns.span ?? NULL_SPAN;
    try {
      const items = Reflect.apply(inner, this, args) as AsyncGenerator<unknown, unknown>;
      let resume = (): Promise<IteratorResult<unknown, unknown>> => items.next();
      let isOver = false;
      try {
        for (;;) {
          const item = await turns.take(resume);
          isOver = item.done === true;
          if (item.done === true) return item.value;
          try {
            const sent: unknown = yield item.value;
            resume = () => items.next(sent);
          } catch (error) {
            resume = () => items.throw(error);
          }
        }
      } catch (error) {
        isOver = true;
        throw error;
      } finally {
        if (!isOver) await turns.take(() => items.return(undefined));
      }
    } catch (error) {
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  };
}
