/** A worker that opens a step, and a span within it, for each number that it is given. */

import { workerData } from "node:worker_threads";

import { type Carried, resume, span, step } from "../../src/index.js";

const { number, times, carried } = workerData as {
  number: number;
  times: number;
  carried: Carried | undefined;
};

function work(): void {
  for (let time = 0; time < times; time++) {
    step(`thread ${number}`, () => {
      span(`inner ${number}`, (inner) => inner.log("x".repeat(time % 2 === 0 ? 4000 : 4)));
    });
  }
}

if (carried === undefined) work();
else resume(carried, work);
