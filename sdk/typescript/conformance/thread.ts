/** A thread of a script. */

import { parentPort, workerData } from "node:worker_threads";

import { createApi } from "../src/api.js";
import { Shared } from "../src/shared.js";
import { Tracer } from "../src/tracer.js";
import { checkpoint } from "./dialogue.js";
import { isCoroutine, Script } from "./script.js";
import { now, type Task } from "./threads.js";
import { parse, write } from "./words.js";

const { block, id, carried, ready, all, turn } = workerData as Task;
const api = createApi(new Tracer(Shared.ofProcess()));
const ops = parse(block);
const script = new Script(
  api,
  (name) => {
    checkpoint(id, name, turn);
  },
  isCoroutine(ops),
);
Object.assign(now, { id, turn });

// All begin at once.
Atomics.add(ready, 0, 1);
Atomics.notify(ready, 0);
for (let there = 0; (there = Atomics.load(ready, 0)) < all;) Atomics.wait(ready, 0, there);

const work = (): unknown => script.branch(ops);
const saw = await (carried === undefined ? work() : api.resume(carried, work));
parentPort?.postMessage(write(saw as never));
parentPort?.on("message", () => undefined); // until it is ended
