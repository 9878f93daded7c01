/**
 * Threads of a script. To start one takes long, so that a thread serves block after block; for each
 * it gets a fresh tracer, which is all the state that the SDK has.
 */

import { getEnvironmentData, type Serializable, Worker } from "node:worker_threads";

import { KEY } from "../src/shared.js";
import type { Carried } from "../src/tracer.js";
import { AdapterBroken, parse, type Words, write } from "./words.js";

/** What a thread is told. */
export interface Task {
  /** The block, as JSON. */
  readonly block: string;
  /** What the threads share. */
  readonly memory: Serializable;
  /** The case. */
  readonly id: string;
  /** The span that it carries, if it does. */
  readonly carried: Carried | undefined;
  /** How many are ready to begin, of how many. */
  readonly ready: Int32Array;
  readonly all: number;
  /** Whose turn it is to speak with the suite. */
  readonly turn: Int32Array;
}

/** The case that runs, and whose turn it is to speak with the suite. */
export const now = { id: "", turn: new Int32Array(new SharedArrayBuffer(4)) };

/** What each block saw, in the order of the blocks. */
export async function runInThreads(
  blocks: readonly Words[],
  carried: Carried | undefined,
): Promise<Words> {
  const ready = new Int32Array(new SharedArrayBuffer(4));
  const { id, turn } = now;
  const memory = getEnvironmentData(KEY);
  const threads = blocks.map((block) =>
    runInThread({ block: write(block), memory, id, carried, ready, all: blocks.length, turn }),
  );
  return Promise.all(threads);
}

/** Threads that wait for a block. */
const idle: Worker[] = [];

function runInThread(task: Task): Promise<Words> {
  const worker = idle.pop() ?? new Worker(new URL("./thread.js", import.meta.url));
  return new Promise((resolve, reject) => {
    worker.removeAllListeners().on("error", reject);
    worker.on("exit", () => {
      reject(new AdapterBroken("a thread is gone"));
    });
    worker.on("message", (saw: string) => {
      idle.push(worker);
      resolve(parse(saw));
    });
    worker.postMessage(task);
  });
}
