/** Runs the scripts of the suite: what each operation means is written in conformance/README.md. */

import type { Api } from "../src/api.js";
import { Exit, Failed } from "../src/failures.js";
import { named } from "../src/instrument.js";
import type { Attributes, Level } from "../src/span.js";
import { runInThreads } from "./threads.js";
import { hijack } from "./hijack.js";
import { make, recipes } from "./recipes.js";
import {
  AdapterBroken,
  countOf,
  isList,
  isMembers,
  listOf,
  type Members,
  members,
  Numeral,
  textOf,
  type Words,
  write,
} from "./words.js";

/** One operation of a script: `op` and its members. */
type Op = Members;
export type Saw = Words[];

// One interpreter runs scripts as functions and as coroutines: what is done at once is not awaited.

type Later<T> = T | Promise<T>;

function then<T, U>(value: Later<T>, next: (value: T) => Later<U>): Later<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function attempt<T>(
  act: () => Later<T>,
  done: (value: T) => void,
  failed: (error: unknown) => void,
): Later<void> {
  try {
    const value = act();
    if (!(value instanceof Promise)) {
      done(value);
      return;
    }
    return value.then(done, failed);
  } catch (error) {
    failed(error);
    return;
  }
}

// What the user's code saw.

/** The script's own words for a value, if it is the very one that was given. */
function echo(got: unknown, given: unknown, words: Words): Words {
  return Object.is(got, given) ? words : members({ other: `${typeof got} ${write(report(got))}` });
}

/** What the script calls the errors that it raised. */
const marks = new WeakMap<object, Members>();

function marked(error: Error, type: string, message: Words): Error {
  marks.set(error, members({ type, message }));
  return error;
}

/** What the user's code sees of an error: the script's own words if it is the script's. */
export function report(error: unknown): Members {
  if (error instanceof AdapterBroken) throw error;
  const mark = typeof error === "object" && error !== null ? marks.get(error) : undefined;
  if (mark !== undefined) return mark;
  if (error instanceof Error)
    return members({ type: error.constructor.name, message: error.message });
  return members({ type: typeof error, message: String(error) });
}

function errorOf(op: Op): Error {
  const kind = textOf(op.get("kind") ?? "error");
  if (kind === "error") {
    const type = textOf(op.get("type"));
    const made = { [type]: class extends Error {} }[type] ?? Error;
    return marked(new made(String(make(op.get("message")))), type, op.get("message") ?? null);
  }
  if (kind === "exit") {
    const code = op.get("code");
    return marked(
      code instanceof Numeral ? new Exit(Number(code.text)) : new Exit(),
      kind,
      code ?? null,
    );
  }
  // Ctrl-C ends a Node program, or is made an AbortError, as readline does.
  return marked(new DOMException("The operation was aborted", "AbortError"), kind, null);
}

/** The first operation or recipe that this adapter does not know. */
export function unsupported(words: Words): string | undefined {
  if (isMembers(words)) {
    const op = words.get("op");
    const gen = words.get("gen");
    if (typeof op === "string" && !operations.has(op)) return `op ${op}`;
    if (typeof gen === "string" && !recipes.has(gen)) return `gen ${gen}`;
  }
  const inner = isMembers(words) ? [...words.values()] : isList(words) ? words : [];
  for (const value of inner) {
    const unknown = unsupported(value);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

/** Whether anything in a script is a coroutine: then all of it is run as one. */
export function isCoroutine(words: Words): boolean {
  if (isList(words)) return words.some(isCoroutine);
  if (!isMembers(words)) return false;
  const op = words.get("op");
  const isOne =
    op === "tasks" || op === "parallel" || op === "hijack" || words.get("async") === true;
  return isOne || [...words.values()].some(isCoroutine);
}

/** Runs one script, or the part of it that a thread runs. */
export class Script {
  constructor(
    readonly api: Api,
    readonly reach: (name: string) => void,
    /** Whether it runs as a coroutine: then the others have their turn after each operation. */
    readonly isAsync: boolean,
  ) {}

  block(ops: Words | undefined, saw: Saw): Later<void> {
    const list = listOf(ops).filter(isMembers);
    if (this.isAsync) return this.#blockAsync(list, saw);
    for (const op of list) {
      if (this.#perform(op, saw) instanceof Promise) throw new AdapterBroken("a script that waits");
    }
  }

  async #blockAsync(ops: readonly Op[], saw: Saw): Promise<void> {
    for (const op of ops) {
      await this.#perform(op, saw);
    }
  }

  #perform(op: Op, saw: Saw): Later<void> {
    const operation = operations.get(textOf(op.get("op")));
    if (operation === undefined) throw new AdapterBroken("an unknown operation");
    return operation(this, op, saw);
  }

  /** What a block saw; nothing leaves it. */
  branch(ops: Words): Later<Saw> {
    const saw: Saw = [];
    const end = attempt(
      () => this.block(ops, saw),
      () => undefined,
      (error) => saw.push(report(error)),
    );
    return then(end, () => saw);
  }
}

// The operations.

type Operation = (script: Script, op: Op, saw: Saw) => Later<void>;

function flow(script: Script, op: Op, saw: Saw): Later<void> {
  const { api } = script;
  const value = make(op.get("returns"));
  const entry = (): Later<unknown> => then(script.block(op.get("do"), saw), () => value);
  const marked = api.flow({ name: make(op.get("name")) as string }, entry);
  const got = api.runFlow(
    marked as (input: unknown) => Later<unknown>,
    make(op.get("input") ?? new Map()),
  );
  return then(got, (given) => void saw.push(echo(given, value, op.get("returns") ?? null)));
}

function stretch(kind: "step" | "span"): Operation {
  return (script, op, saw) => {
    const open = script.api[kind];
    const name = make(op.get("name")) as string;
    const tags = make(op.get("tags") ?? new Map()) as Attributes;
    const work = (): Later<void> => script.block(op.get("do"), saw);
    return op.get("decorator") === true ? open.around(name, tags)(work)() : open(name, tags, work);
  };
}

function catchIt(script: Script, op: Op, saw: Saw): Later<void> {
  return attempt(
    () => script.block(op.get("do"), saw),
    () => saw.push(null),
    (error) => saw.push(report(error)),
  );
}

function tag({ api }: Script, op: Op): void {
  api.currentSpan().tag(make(op.get("key")) as string, make(op.get("value")));
}

function log({ api }: Script, op: Op): void {
  const message = make(op.get("message")) as string;
  const fields = make(op.get("fields") ?? new Map()) as Attributes;
  const level = op.get("level");
  if (level === undefined) api.currentSpan().log(message, fields);
  else api.currentSpan().log(message, textOf(level) as Level, fields);
}

function result({ api }: Script, op: Op): void {
  api.currentSpan().result(make(op.get("value")));
}

function fail(_: Script, op: Op): never {
  const reason = op.get("reason") ?? null;
  throw marked(new Failed(make(reason)), "Failed", reason);
}

function raise(_: Script, op: Op): never {
  throw errorOf(op);
}

function call(script: Script, op: Op, saw: Saw): Later<void> {
  const value = make(op.get("returns"));
  const raises = op.get("raises");
  const method = textOf(op.get("method"));
  const give = (): unknown => {
    if (isMembers(raises)) throw errorOf(raises);
    return value;
  };
  const client = clientOf(textOf(op.get("class")), method, () =>
    then(script.block(op.get("do"), saw), give),
  );
  const args = listOf(op.get("args")).map(make);
  const kwargs = op.get("kwargs");
  if (isMembers(kwargs) && kwargs.size > 0) args.push(named(make(kwargs) as object));
  const got = script.api.instrument(client)[method]?.(...args);
  return then(got, (given) => void saw.push(echo(given, value, op.get("returns") ?? null)));
}

function clientOf(
  name: string,
  method: string,
  work: () => unknown,
): Record<string, (...args: unknown[]) => unknown> {
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its method is made below
  const made = { [name]: class {} }[name] ?? Object;
  Object.defineProperty(made.prototype, method, {
    value: work,
    configurable: true,
    writable: true,
  });
  return new made() as Record<string, () => unknown>;
}

async function parallel(script: Script, op: Op, saw: Saw): Promise<void> {
  const carried = op.get("wrap") === true ? script.api.carry() : undefined;
  saw.push(await runInThreads(listOf(op.get("do")), carried));
}

async function tasks(script: Script, op: Op, saw: Saw): Promise<void> {
  // Each is a job of its own, so that what one makes current is not current in the next.
  const branches = listOf(op.get("do")).map((ops) =>
    Promise.resolve().then(() => script.branch(ops)),
  );
  saw.push(await Promise.all(branches));
}

function generator(script: Script, op: Op, saw: Saw): Later<void> {
  const spans = listOf(op.get("spans")).filter(isMembers);
  const closes = listOf(op.get("close")).filter(isMembers);
  if (script.isAsync) return holdAsync(script, op, saw, spans, closes);
  hold(script, op, saw, spans, closes);
}

function openSpan({ api }: Script, span: Members): Disposable & AsyncDisposable {
  return api[textOf(span.get("kind")) as "step" | "span"](make(span.get("name")) as string);
}

function hold(
  script: Script,
  op: Op,
  saw: Saw,
  spans: readonly Members[],
  closes: readonly Members[],
): void {
  function* holding(span: Members): Generator<undefined> {
    using _ = openSpan(script, span);
    yield;
  }
  const held = spans.map((span) => {
    const items = holding(span);
    items.next();
    return items;
  });
  const close = (one: Members): unknown => held[countOf(one.get("which"))]?.return(undefined);
  try {
    void script.block(op.get("do"), saw);
    for (const one of closes) {
      close(one);
      void script.block(one.get("do"), saw);
    }
  } finally {
    closes.forEach(close);
  }
}

async function holdAsync(
  script: Script,
  op: Op,
  saw: Saw,
  spans: readonly Members[],
  closes: readonly Members[],
): Promise<void> {
  async function* holding(span: Members): AsyncGenerator<undefined> {
    await using _ = openSpan(script, span);
    yield;
  }
  const held: AsyncGenerator<undefined>[] = [];
  for (const span of spans) {
    const items = holding(span);
    held.push(items);
    await items.next();
  }
  const close = (one: Members): unknown => held[countOf(one.get("which"))]?.return(undefined);
  try {
    await script.block(op.get("do"), saw);
    for (const one of closes) {
      await close(one);
      await script.block(one.get("do"), saw);
    }
  } finally {
    for (const one of closes) await close(one);
  }
}

async function hijackIt(script: Script, op: Op, saw: Saw): Promise<void> {
  saw.push(await hijack(async () => script.block(op.get("do"), saw)));
}

function repeat(script: Script, op: Op, saw: Saw): Later<void> {
  const again = (left: number): Later<void> =>
    left > 0 ? then(script.block(op.get("do"), saw), () => again(left - 1)) : undefined;
  if (script.isAsync) return again(countOf(op.get("times")));
  for (let left = countOf(op.get("times")); left > 0; left--) void script.block(op.get("do"), saw);
}

const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ["flow", flow],
  ["step", stretch("step")],
  ["span", stretch("span")],
  ["tag", tag],
  ["log", log],
  ["result", result],
  ["fail", fail],
  ["raise", raise],
  ["catch", catchIt],
  ["call", call],
  ["parallel", parallel],
  ["tasks", tasks],
  ["generator", generator],
  ["hijack", hijackIt],
  ["repeat", repeat],
  [
    "checkpoint",
    (script, op) => {
      script.reach(textOf(op.get("name")));
    },
  ],
]);
