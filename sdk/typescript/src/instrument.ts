/** Stand-ins for clients: each call of a public method is a span of kind rpc. */

import { types } from "node:util";

import { nameOf, typeName } from "./describe.js";
import { around, type AnyFunction } from "./generators.js";
import type { Opening } from "./span.js";
import type { Tracer } from "./tracer.js";
import { keysOf } from "./values.js";

const clients = new WeakMap<object, object>();
const namedArguments = new WeakSet<object>();

/** What awaits a value asks for it: a client that can be awaited is, as it would be without us. */
const NOT_CALLS = new Set(["constructor", "then", "catch", "finally"]);

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Says that an object at the end of a call's arguments holds named ones; the object stays as it is. */
export function named<T extends object>(options: T): T {
  namedArguments.add(options);
  return options;
}

/** A stand-in for a client, or the client itself while nobody collects. */
export function instrument<T extends object>(tracer: Tracer, client: T): T {
  if (clients.has(client) || tracer.producer() === undefined) return client;
  const name = typeof client === "function" ? (nameOf(client) ?? "Function") : typeName(client);
  return new StandIn(tracer, client, `rpc:${name}`).proxy as T;
}

/** The traps of a client's proxy, or of a method that has methods of its own. */
class StandIn implements ProxyHandler<object> {
  readonly proxy: object;
  readonly #tracer: Tracer;
  readonly #name: string;
  readonly #root: StandIn;
  readonly #client: object;
  /** What was handed out for each function, so that a method is itself each time. */
  readonly #functions = new WeakMap<object, object>();

  constructor(tracer: Tracer, client: object, name: string, root?: StandIn) {
    this.#tracer = tracer;
    this.#client = client;
    this.#name = name;
    this.#root = root ?? this;
    this.proxy = new Proxy(client, this);
    clients.set(this.proxy, client);
  }

  get(client: object, key: string | symbol): unknown {
    const value: unknown = Reflect.get(client, key, client); // so that private fields are found
    if (typeof value !== "function" || isClass(value) || isFixed(client, key)) return value;
    let known = this.#functions.get(value);
    if (known === undefined) {
      known = this.#standInFor(value as Method, key);
      this.#functions.set(value, known);
    }
    return known;
  }

  set(client: object, key: string | symbol, value: unknown): boolean {
    return Reflect.set(client, key, value, client);
  }

  /** A method that is called by its own stand-in. */
  apply(method: object, self: unknown, args: unknown[]): unknown {
    if (this.#root === this) return this.#call(method, self, args);
    const opening: Opening = { kind: "rpc", name: this.#name, params: paramsOf(args) };
    const call = (): unknown => this.#call(method, self, args);
    if (types.isGeneratorFunction(method))
      return around(this.#tracer, opening, method as AnyFunction).apply(ownSelf(self), args);
    return this.#tracer.run(opening, call, (span, value) => {
      if (value !== this.#root.proxy) span.result(value);
    });
  }

  #standInFor(method: Method, key: string | symbol): object {
    if (typeof key === "symbol" || key.startsWith("_") || NOT_CALLS.has(key)) {
      return new Proxy(method, { apply: (_, self, args) => this.#call(method, self, args) });
    }
    return new StandIn(this.#tracer, method, `${this.#name}.${key}`, this.#root).proxy;
  }

  /** Calls a method on the client; one that gives its client gives the stand-in. */
  #call(method: object, self: unknown, args: unknown[]): unknown {
    const value: unknown = Reflect.apply(method as Method, ownSelf(self), args);
    return value === this.#root.#client ? this.#root.proxy : value;
  }
}

/** The client that a stand-in stands for; anything else is itself. */
function ownSelf(self: unknown): unknown {
  const isObject = (typeof self === "object" && self !== null) || typeof self === "function";
  return isObject ? (clients.get(self) ?? self) : self;
}

function paramsOf(args: readonly unknown[]): { args?: unknown[]; kwargs?: unknown } | undefined {
  const last = args.at(-1);
  const hasNamed = typeof last === "object" && last !== null && namedArguments.has(last);
  const plain = hasNamed ? args.slice(0, -1) : [...args];
  const kwargs = hasNamed && !isEmpty(last) ? { kwargs: last } : undefined;
  if (plain.length === 0 && kwargs === undefined) return undefined;
  return { ...(plain.length > 0 && { args: plain }), ...kwargs };
}

function isEmpty(options: object): boolean {
  return types.isMap(options) ? options.size === 0 : keysOf(options).length === 0;
}

/** A class is no method: its `prototype` cannot be replaced. */
function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** Whether a proxy may not hand out anything else. */
function isFixed(client: object, key: string | symbol): boolean {
  const own = Object.getOwnPropertyDescriptor(client, key);
  return own?.configurable === false && own.writable === false;
}
