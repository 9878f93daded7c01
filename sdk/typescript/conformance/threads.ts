/** Threads of a script: each block in a new worker, with the SDK that all threads share. */

import { Worker } from "node:worker_threads";

import type { Carried } from "../src/tracer.js";
import { AdapterBroken, parse, type Words, write } from "./words.js";

/** What a new worker is told. */
export interface Task {
  /** The block, as JSON. */
  readonly block: string;
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
  const threads = blocks.map((block) =>
    runInThread({ block: write(block), id, carried, ready, all: blocks.length, turn }),
  );
  return Promise.all(threads);
}

function runInThread(task: Task): Promise<Words> {
  const worker = new Worker(new URL("./thread.js", import.meta.url), { workerData: task });
  workers.push(worker);
  return new Promise((resolve, reject) => {
    worker.on("message", (saw: string) => {
      resolve(parse(saw));
    });
    worker.on("error", reject);
    worker.on("exit", () => {
      reject(new AdapterBroken("a thread is gone"));
    });
  });
}

/**
 * Threads that have said what they saw. They end with their case: the suite tells work from
 * waiting by the time that living threads took, and to start a worker is work.
 */
const workers: Worker[] = [];

export async function endThreads(): Promise<void> {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
}
