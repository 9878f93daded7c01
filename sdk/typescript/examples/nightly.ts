/**
 * A nightly job: `node dist/examples/nightly.js monday`, with or without a collector.
 *
 * Two regions are loaded side by side, one of them by a client that fails at first; the rows are
 * added up in a worker thread, under the span that the main thread has open.
 */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { carry, Failed, flow, instrument, runFlow, step } from "../src/index.js";

interface Row {
  readonly region: string;
  readonly total: number;
}

/** Stands for a warehouse that somebody else runs. */
class Warehouse {
  #calls = 0;

  async fetch(day: string, options: { readonly region: string }): Promise<Row[]> {
    await sleep(20);
    if (++this.#calls === 1) throw new Error("no answer, try again");
    return day.length === 0 ? [] : [2, 3, 5].map((total) => ({ ...options, total }));
  }
}

function load(warehouse: Warehouse, day: string, region: string): Promise<Row[]> {
  return step("load", { day, region }, async (span) => {
    for (let attempt = 1; ; attempt++) {
      try {
        const rows = await warehouse.fetch(day, { region });
        span.tag("rows", rows.length).log("loaded");
        return rows;
      } catch (error) {
        if (attempt === 3) throw error;
        span.log("the warehouse is slow", "warn", { attempt, error });
      }
    }
  });
}

/** Adds up in a thread of its own, whose spans hang under the current one. */
async function add(rows: readonly Row[]): Promise<number> {
  const workerData = { totals: rows.map((row) => row.total), carried: carry() };
  const worker = new Worker(new URL("./adder.js", import.meta.url), { workerData });
  const [sum] = (await once(worker, "message")) as [number];
  return sum;
}

export const nightly = flow(
  { description: "Loads a day's rows, and adds them up.", inputs: { day: "string" } },
  async function nightly({ day }: { day: string }) {
    const warehouse = instrument(new Warehouse());
    const loads = ["north", "south"].map((region) => load(warehouse, day, region));
    const rows = (await Promise.all(loads)).flat();
    if (rows.length === 0) throw new Failed(`no rows for "${day}"`);
    const total = await step("add", () => add(rows));
    return { rows: rows.length, total };
  },
);

const result = await runFlow(nightly, { day: process.argv[2] ?? "monday" });
console.log(`${result.rows} rows, ${result.total} in all`);
