/** A collector, and SDKs that write to it, for tests on real sockets. */

import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { type Api, createApi } from "../src/api.js";
import { ENV_PARENT, ENV_SOCKET } from "../src/contract.js";
import { Shared } from "../src/shared.js";
import { Tracer } from "../src/tracer.js";

/** An event as it came. */
export interface Event {
  readonly type: string;
  readonly span_id: string;
  readonly ts_ms: number;
  readonly seq: number;
  readonly producer?: { readonly id: string; readonly sdk: string; readonly pid: number };
  readonly truncated?: Readonly<Record<string, number>>;
  readonly parent_span_id?: string | null;
  readonly name?: string;
  readonly kind?: string;
  readonly tags?: unknown;
  readonly params?: unknown;
  readonly key?: string;
  readonly value?: unknown;
  readonly message?: string;
  readonly level?: string;
  readonly fields?: unknown;
  readonly status?: string;
  readonly error?: string;
  readonly error_type?: string;
  readonly result?: unknown;
}

/** Listens on a socket of its own, and keeps what comes. */
export class Collector {
  readonly path: string;
  readonly #directory = mkdtempSync(path.join(tmpdir(), "hero-"));
  readonly #worker: Worker;

  private constructor(reads: boolean) {
    this.path = path.join(this.#directory, "s");
    const workerData = { path: this.path, reads };
    this.#worker = new Worker(program("collector"), { workerData });
  }

  /** @param reads whether it takes what comes before it is asked for it */
  static async listen(reads = true): Promise<Collector> {
    const collector = new Collector(reads);
    await once(collector.#worker, "message");
    return collector;
  }

  /** The texts of all connections, when their other ends are closed. */
  async texts(): Promise<string[]> {
    return (await this.#ask("texts")) as string[];
  }

  /** The events of the only connection, or none. */
  async events(): Promise<Event[]> {
    const [text = "", ...more] = await this.texts();
    if (more.length > 0) throw new Error("more than one connection");
    return eventsOf(text);
  }

  /** Closes the other ends of all connections. */
  async hangUp(): Promise<void> {
    await this.#ask("hangUp");
  }

  async #ask(what: string): Promise<unknown> {
    this.#worker.postMessage(what);
    const [answer] = (await once(this.#worker, "message")) as [unknown];
    return answer;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
    rmSync(this.#directory, { recursive: true });
  }
}

/** The events of a connection whose last line is whole. */
export function eventsOf(text: string): Event[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("the last line is torn");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Event);
}

/** An SDK as it is after the start of a process. */
export interface Sdk extends Api {
  /** Leaves the connection, so that the collector sees its end. */
  readonly close: () => void;
}

export function loadSdk(socket?: string, parent?: string): Sdk {
  setVariable(ENV_SOCKET, socket);
  setVariable(ENV_PARENT, parent);
  const tracer = new Tracer(Shared.create());
  return {
    ...createApi(tracer),
    close: () => {
      tracer.close();
    },
  };
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

/** Runs a use of a fresh SDK, and gives the events that came of it. */
export async function trace(
  use: (sdk: Sdk) => unknown,
  parent?: string,
): Promise<readonly Event[]> {
  const collector = await Collector.listen();
  const sdk = loadSdk(collector.path, parent);
  try {
    await use(sdk);
    sdk.close();
    return await collector.events();
  } finally {
    await collector.close();
  }
}

/** The address of the compiled SDK, for programs. */
export const SDK = new URL("../src/index.js", import.meta.url).href;

/** The path of a program of these tests. */
export function program(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
}

/** Runs a program in a process of its own; `socket` is its collector's. */
export function runProgram(source: string, socket?: string): SpawnSyncReturns<string> {
  const script = `import * as sdk from ${JSON.stringify(SDK)};\n${source}`;
  const env = { ...process.env, [ENV_SOCKET]: socket, [ENV_PARENT]: undefined };
  const options = { encoding: "utf8", env, timeout: 20_000 } as const;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", script], options);
}

export function ofType(events: readonly Event[], type: string): Event[] {
  return events.filter((event) => event.type === type);
}

/** The starts, by the names of their spans. */
export function starts(events: readonly Event[]): Map<string, Event> {
  return new Map(ofType(events, "span_start").map((event) => [event.name ?? "", event]));
}

/** The ends, by the names of their spans. */
export function ends(events: readonly Event[]): Map<string, Event> {
  const names = new Map(ofType(events, "span_start").map((one) => [one.span_id, one.name ?? ""]));
  const found = ofType(events, "span_end").map((end): [string, Event] => [
    names.get(end.span_id) ?? "",
    end,
  ]);
  return new Map(found);
}

/** The name of each span, and that of its parent, its id if it is unknown, or null. */
export function tree(events: readonly Event[]): Record<string, string | null> {
  const names = new Map(ofType(events, "span_start").map((one) => [one.span_id, one.name ?? ""]));
  const pairs = Array.from(starts(events), ([name, start]): [string, string | null] => {
    const parent = start.parent_span_id ?? null;
    return [name, parent === null ? null : (names.get(parent) ?? parent)];
  });
  return Object.fromEntries(pairs);
}

/** What came, in a word or two for each event. */
export function shape(events: readonly Event[]): string[] {
  return events.map((event) => {
    const what = event.name ?? event.key ?? event.message ?? event.status ?? "";
    return `${event.type.replace("span_", "")} ${what}`;
  });
}
