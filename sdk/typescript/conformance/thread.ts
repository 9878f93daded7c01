/** A thread of a script. */

import { parentPort, setEnvironmentData } from "node:worker_threads";

import { createApi } from "../src/api.js";
import { KEY, Shared } from "../src/shared.js";
import { Tracer } from "../src/tracer.js";
import { checkpoint } from "./dialogue.js";
import { isCoroutine, type Saw, Script } from "./script.js";
import { now, type Task } from "./threads.js";
import { parse, write } from "./words.js";

async function run({ block, memory, id, carried, ready, all, turn }: Task): Promise<string> {
  setEnvironmentData(KEY, memory); // as a new thread finds it
  Object.assign(now, { id, turn });
  const tracer = new Tracer(Shared.ofProcess());
  const api = createApi(tracer);
  const ops = parse(block);
  const reach = (name: string): void => {
    checkpoint(id, name, turn);
  };
  const script = new Script(api, reach, isCoroutine(ops));

  // All begin at once.
  Atomics.add(ready, 0, 1);
  Atomics.notify(ready, 0);
  for (let there = 0; (there = Atomics.load(ready, 0)) < all;) Atomics.wait(ready, 0, there);

  const work = (): Saw | Promise<Saw> => script.branch(ops);
  const saw = await (carried === undefined ? work() : api.resume(carried, work));
  tracer.forget();
  return write(saw);
}

parentPort?.on("message", (task: Task) => {
  void run(task).then((saw) => parentPort?.postMessage(saw));
});
