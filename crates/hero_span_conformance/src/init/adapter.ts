/**
 * Lets the hero_span conformance suite drive an SDK.
 *
 * The suite starts this program and speaks with it on stdin and stdout, one JSON object a line;
 * conformance/README.md of the suite holds the whole contract. What needs no SDK is done. Fill in
 * the places marked TODO, one after the other: add an operation to `operations` when it works,
 * and its feature to `features`.
 *
 *     npm install --no-save typescript @types/node
 *     npx tsc --strict --target es2022 --module node16 --types node adapter.ts
 *     hero-span conformance run --adapter 'node adapter.js'
 */

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

// TODO: import the SDK that lies beside this file, and say its version.
const hello = { sdk: "typescript", version: "0", protocol: 1 };
// TODO: threads, instrument, generator, decorator, reuse, hijack.
const features: string[] = ["async", "surrogates", "cycles"];
const contract = 1;
const socketName = "HERO_FLOW_SPAN_SOCK";
const parentName = "HERO_FLOW_PARENT_SPAN";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Members = { [key: string]: Json };
/** One operation of a script: `op` and its members. */
type Op = Members;
type Saw = Json[];

/** This program is wrong: no verdict on the SDK. */
class AdapterBroken extends Error {}

function isObject(words: Json | undefined): words is Members {
  return typeof words === "object" && words !== null && !Array.isArray(words);
}

function text(words: Json | undefined): string {
  if (typeof words !== "string") throw new AdapterBroken(`expected a string, found ${words}`);
  return words;
}

function count(words: Json | undefined): number {
  if (typeof words !== "number") throw new AdapterBroken(`expected a number, found ${words}`);
  return words;
}

function list(words: Json | undefined): Json[] {
  return Array.isArray(words) ? words : [];
}

function block(words: Json | undefined): Op[] {
  return list(words).filter(isObject);
}

// Values: plain JSON stands for itself, {"gen": …} is a recipe.

/** Makes the value that a script describes. */
function make(words: Json | undefined): unknown {
  if (Array.isArray(words)) return words.map(make);
  if (!isObject(words)) return words ?? null;
  if ("gen" in words) return recipes.get(text(words["gen"]))?.(words);
  return Object.fromEntries(Object.entries(words).map(([key, value]) => [key, make(value)]));
}

class Thing {
  constructor(private readonly describes: string) {}

  toString(): string {
    if (this.describes === "raises") throw new Error("this object has no description");
    if (this.describes === "long") return "x".repeat(1_000_000);
    return "<thing>";
  }
}

function deep(words: Members): unknown {
  const isArray = words["of"] === "array";
  let value: unknown = isArray ? [] : {};
  for (let level = 1; level < count(words["levels"]); level++) {
    value = isArray ? [value] : { in: value };
  }
  return value;
}

function cyclic(words: Members): unknown {
  if (words["of"] === "array") {
    const items: unknown[] = [];
    items.push(items);
    return items;
  }
  const members: { [key: string]: unknown } = {};
  members["self"] = members;
  return members;
}

function members(words: Members): unknown {
  const numbers = Array.from({ length: count(words["count"]) }, (_, number) => number);
  return Object.fromEntries(numbers.map((number) => [`k${number}`, make(words["value"])]));
}

const recipes = new Map<string, (words: Members) => unknown>([
  [
    "text",
    (words) => {
      const char = text(words["char"]);
      return char.repeat(Math.floor(count(words["bytes"]) / Buffer.byteLength(char)));
    },
  ],
  ["join", (words) => list(words["parts"]).map(make).join("")],
  ["surrogate", (words) => String.fromCharCode(count(words["unit"]))],
  ["number", (words) => Number(words["value"])],
  ["integer", (words) => BigInt(text(words["digits"]))],
  ["power-of-ten", (words) => 10n ** BigInt(count(words["exponent"]))],
  ["deep", deep],
  ["cyclic", cyclic],
  ["members", members],
  ["map", (words) => new Map(list(words["pairs"]).map((pair) => pairOf(list(pair))))],
  ["bytes", (words) => Uint8Array.from({ length: count(words["bytes"]) }, (_, number) => number)],
  ["set", (words) => new Set(list(words["items"]).map(make))],
  ["object", (words) => new Thing(text(words["describes"]))],
]);

function pairOf(pair: Json[]): [unknown, unknown] {
  return [make(pair[0]), make(pair[1])];
}

/** The first operation or recipe that this adapter does not know. */
function unsupported(words: Json): string | undefined {
  if (isObject(words)) {
    const { op, gen } = words;
    if (typeof op === "string" && !operations.has(op)) return `op ${op}`;
    if (typeof gen === "string" && !recipes.has(gen)) return `gen ${gen}`;
    if (gen === "object" && words["describes"] === "not-text") return "an object that is no text";
  } else if (!Array.isArray(words)) {
    return undefined;
  }
  const inner = Array.isArray(words) ? words : Object.values(words);
  for (const value of inner) {
    const unknown = unsupported(value);
    if (unknown !== undefined) return unknown;
  }
  return undefined;
}

// What the user's code saw.

/** The script's own words for a value, if it is the very one that was given. */
function echo(got: unknown, given: unknown, words: Json): Json {
  return Object.is(got, given) ? words : { other: String(got).slice(0, 200) };
}

/** What the script calls the errors that it raised. */
const marks = new WeakMap<object, Members>();

function marked(error: Error, type: string, message: Json): Error {
  marks.set(error, { type, message });
  return error;
}

/** What the user's code sees of an error. */
function report(error: unknown): Members {
  if (error instanceof AdapterBroken) throw error;
  const mark = typeof error === "object" && error !== null ? marks.get(error) : undefined;
  if (mark !== undefined) return mark;
  if (error instanceof Error) return { type: error.constructor.name, message: error.message };
  return { type: typeof error, message: String(error) };
}

// The script.

type Operation = (script: Script, op: Op, saw: Saw) => Promise<void> | void;

/** Runs one script. */
class Script {
  constructor(readonly reach: (name: string) => void) {}

  async block(ops: Op[], saw: Saw): Promise<void> {
    for (const op of ops) {
      await operations.get(text(op["op"]))?.(this, op, saw);
    }
  }

  async branch(ops: Op[]): Promise<Saw> {
    const saw: Saw = [];
    try {
      await this.block(ops, saw);
    } catch (error) {
      saw.push(report(error));
    }
    return saw;
  }
}

async function catchIt(script: Script, op: Op, saw: Saw): Promise<void> {
  try {
    await script.block(block(op["do"]), saw);
    saw.push(null);
  } catch (error) {
    saw.push(report(error));
  }
}

function raise(_: Script, op: Op): void {
  const kind = text(op["kind"] ?? "error");
  if (kind === "error") {
    const type = text(op["type"]);
    const made = { [type]: class extends Error {} }[type] ?? Error;
    throw marked(new made(String(make(op["message"]))), type, op["message"] ?? null);
  }
  // TODO: use what the SDK knows as a cancellation; what JavaScript cannot raise, such as an
  // interrupt, may also be unsupported.
  throw marked(new Error(kind), kind, kind === "exit" ? (op["code"] ?? null) : null);
}

async function repeat(script: Script, op: Op, saw: Saw): Promise<void> {
  for (let time = 0; time < count(op["times"]); time++) {
    await script.block(block(op["do"]), saw);
  }
}

async function tasks(script: Script, op: Op, saw: Saw): Promise<void> {
  const branches = list(op["do"]).map((ops) => script.branch(block(ops)));
  saw.push(await Promise.all(branches));
}

// TODO: the SDK's calls. Each has the form of those above; add it to `operations` when it is
// done. A flow begins like this:
export async function flow(script: Script, op: Op, saw: Saw): Promise<void> {
  const value = make(op["returns"]);
  const entry = async (_input: unknown): Promise<unknown> => {
    await script.block(block(op["do"]), saw);
    return value;
  };
  // const got = await sdk.runFlow(make(op["name"]), entry, make(op["input"] ?? {}));
  const got = await entry(make(op["input"] ?? {}));
  saw.push(echo(got, value, op["returns"] ?? null));
}

const operations = new Map<string, Operation>([
  ["catch", catchIt],
  ["raise", raise],
  ["repeat", repeat],
  ["checkpoint", (script, op) => script.reach(text(op["name"]))],
  ["tasks", tasks],
  // TODO: "flow", "step", "span", "tag", "log", "result", "fail", and with their features
  // "call", "parallel", "fork", "hijack" and "generator".
]);

// The dialogue.

/** Where the second process finds the dialogue: its own stdout and stderr lead to a file. */
const dialogueIn = 3;
const dialogueOut = 4;
const isSecond = process.argv[2] === "--with-dialogue";

class Dialogue {
  private heard = Buffer.alloc(0);

  hear(): Members | undefined {
    const chunk = Buffer.alloc(64 * 1024);
    for (;;) {
      const end = this.heard.indexOf("\n");
      if (end >= 0) {
        const line = this.heard.subarray(0, end).toString("utf8");
        this.heard = this.heard.subarray(end + 1);
        const words = JSON.parse(line) as Json;
        return isObject(words) ? words : undefined;
      }
      const read = readSome(chunk);
      if (read === 0) return undefined;
      this.heard = Buffer.concat([this.heard, chunk.subarray(0, read)]);
    }
  }

  say(answer: Members): void {
    let rest = Buffer.from(`${JSON.stringify(answer)}\n`);
    while (rest.length > 0) {
      rest = rest.subarray(patiently(() => fs.writeSync(dialogueOut, rest)));
    }
  }

  checkpoint(id: string, name: string): void {
    this.say({ id, at: name });
    const word = this.hear();
    if (word?.["cmd"] !== "go" || word["id"] !== id) {
      throw new AdapterBroken(`expected go for ${id} at ${name}, found ${JSON.stringify(word)}`);
    }
  }
}

function readSome(chunk: Buffer): number {
  return patiently(() => fs.readSync(dialogueIn, chunk));
}

/** Pipes may not be ready at once. */
function patiently(act: () => number): number {
  for (;;) {
    try {
      return act();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EOF") return 0;
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

let printedBefore = 0;

/** What was printed since the last time. */
function takePrinted(): string {
  const { size } = fs.fstatSync(1);
  const chunk = Buffer.alloc(Math.min(size - printedBefore, 4096));
  if (chunk.length > 0) fs.readSync(1, chunk, 0, chunk.length, printedBefore);
  printedBefore = size;
  return chunk.toString("utf8");
}

async function run(dialogue: Dialogue, command: Members): Promise<Members> {
  const id = text(command["id"]);
  const script = block(command["script"]);
  const unknown = unsupported(script);
  if (unknown !== undefined) return { id, unsupported: unknown };
  for (const [name, value] of [
    [socketName, command["socket"]],
    [parentName, command["parent"]],
  ] as const) {
    if (typeof value === "string") process.env[name] = value;
    else delete process.env[name];
  }
  // TODO: with the feature "reuse", get an SDK here that is as after a start.
  const saw: Saw = [];
  let answer: Members;
  try {
    try {
      await new Script((name) => dialogue.checkpoint(id, name)).block(script, saw);
      answer = { outcome: "returned", value: saw };
    } catch (error) {
      answer = { outcome: "raised", ...report(error) };
    }
  } catch (error) {
    return { id, errored: String(error) };
  }
  const printed = takePrinted();
  return { id, ...answer, ...(printed === "" ? {} : { printed }) };
}

async function serve(): Promise<void> {
  const dialogue = new Dialogue();
  for (;;) {
    const command = dialogue.hear();
    if (command === undefined || command["cmd"] === "stop") return;
    if (command["cmd"] === "start") {
      dialogue.say({ ok: command["contract"] === contract, ...hello, features });
    } else {
      dialogue.say(await run(dialogue, command));
    }
  }
}

/** Starts this program again, with the dialogue out of the SDK's way. */
function startSecond(): number {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "adapter-"));
  const printed = fs.openSync(path.join(directory, "printed"), "a+");
  fs.rmSync(directory, { recursive: true });
  const program = process.argv[1] ?? "";
  const { status } = spawnSync(process.execPath, [program, "--with-dialogue"], {
    stdio: ["ignore", printed, printed, 0, 1],
  });
  if (status !== 0) {
    const { size } = fs.fstatSync(printed);
    const end = Buffer.alloc(Math.min(size, 4096));
    fs.readSync(printed, end, 0, end.length, size - end.length);
    process.stderr.write(end);
  }
  return status ?? 1;
}

if (isSecond) {
  serve().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
} else {
  process.exitCode = startSecond();
}
