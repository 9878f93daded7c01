/** The worker of nightly.ts. */

import { parentPort, workerData } from "node:worker_threads";

import { type Carried, resume, span } from "../src/index.js";

const { totals, carried } = workerData as { totals: readonly number[]; carried: Carried };

const total = resume(carried, () =>
  span("sum", { numbers: totals.length }, (sum) => {
    const all = totals.reduce((one, other) => one + other, 0);
    sum.result(all);
    return all;
  }),
);
parentPort?.postMessage(total);
