/** The sixteen: what every SDK of this contract must do, on a real socket. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";

import { Failed, FLOW } from "../src/index.js";
import {
  ends,
  loadSdk,
  ofType,
  program,
  runProgram,
  shape,
  starts,
  trace,
  tree,
} from "./support.js";

/** A client with something public, something private, and a plain attribute. */
class Client {
  region = "north";
  readonly #limit = 2;

  fetch(key: string, limit = 10): string[] {
    return Array<string>(Math.min(limit, this.#limit)).fill(key);
  }

  _connect(): string {
    return `connected ${this.#limit}`;
  }
}

describe("standalone mode", () => {
  it("makes silent no-ops of calls", () => {
    const { status, stdout, stderr } = runProgram(`
      const client = { fetch: () => 1 };
      sdk.step("load", { day: 1 }, (step) => {
        sdk.span("part", () => step.tag("rows", 2).log("loaded").result(3));
      });
      if (sdk.instrument(client) !== client) throw new Error("not the client itself");
    `);
    assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  });

  it("has one null span that takes every call", () => {
    const sdk = loadSdk();
    const nothing = sdk.currentSpan();
    assert.equal(sdk.step("load"), nothing);
    assert.equal(nothing.spanId, null);
    const chain = nothing.tag("key", 1).tag({ a: 1, b: 2 }).log("text", "warn", { field: 1 });
    assert.equal(chain.result([]), nothing);
    {
      using entered = sdk.span("part");
      assert.equal(entered, nothing);
    }
  });

  it("gives a flow back as the plain function, with its metadata", () => {
    const { flow } = loadSdk();
    const nightly = (input: { day: string }): string => input.day;
    assert.equal(flow(nightly), nightly);
    assert.equal(nightly({ day: "x" }), "x");
    const expected = { name: "nightly", description: "", inputs: {} };
    assert.deepEqual(Reflect.get(nightly, FLOW), expected);
    const options = { name: "night", description: "Loads a day.", inputs: { day: "string" } };
    assert.deepEqual(Reflect.get(flow(options, nightly), FLOW), options);
  });
});

describe("span emission", () => {
  it("sends a start with its tags and an end, numbered, from a named producer", async () => {
    let id: string | null = null;
    const [start, end, ...more] = await trace(({ step }) => {
      step("load", { day: "monday" }, (span) => {
        id = span.spanId;
      });
    });
    assert.deepEqual(more, []);
    assert.equal(start?.type, "span_start");
    assert.deepEqual([start.name, start.kind, start.tags], ["load", "step", { day: "monday" }]);
    assert.equal(start.parent_span_id, null);
    assert.deepEqual([start.producer?.sdk, start.producer?.pid], ["typescript", process.pid]);
    assert.deepEqual([end?.type, end?.status, end?.producer], ["span_end", "ok", undefined]);
    assert.deepEqual([start.span_id, end?.span_id], [id, id]);
    assert.deepEqual([start.seq, end?.seq], [0, 1]);
  });

  it("hangs a step under the one that it lies in, which is current again after it", async () => {
    const events = await trace(({ step, span, currentSpan }) => {
      step("outer", (outer) => {
        step("first", () => undefined);
        assert.equal(currentSpan(), outer);
        span("second", () => undefined);
      });
    });
    assert.deepEqual(tree(events), { outer: null, first: "outer", second: "outer" });
    assert.equal(starts(events).get("second")?.kind, "span");
  });

  it("fails each span that Failed leaves, with the reason and no stack", async () => {
    const failure = new Failed("no rows");
    const events = await trace(({ step }) => {
      const fail = (): never => {
        throw failure;
      };
      assert.throws(() => step("outer", () => step("inner", fail)), failure);
    });
    assert.equal(failure.reason, "no rows");
    assert.deepEqual([...ends(events).keys()], ["inner", "outer"]);
    for (const end of ends(events).values()) {
      const found = [end.status, end.error, end.error_type];
      assert.deepEqual(found, ["failed", "no rows", "Failed"]);
    }
  });

  it("fails a span that another error leaves, with its stack; the error goes on", async () => {
    const fault = new TypeError("bad day", { cause: new Error("no calendar") });
    const events = await trace(({ step }) => {
      const raise = (): never => {
        throw fault;
      };
      assert.throws(() => step("load", raise), fault);
    });
    const end = ends(events).get("load");
    assert.deepEqual([end?.status, end?.error_type], ["failed", "TypeError"]);
    assert.match(end?.error ?? "", /^TypeError: bad day\n {4}at .*contract\.test\.js:\d+:\d+\)?\n/);
    assert.match(end?.error ?? "", /\nCaused by: Error: no calendar\n {4}at /);
  });

  it("sends tags and logs between start and end, and nothing after it", async () => {
    const events = await trace(({ step }) => {
      const load = step("load", (span) =>
        span
          .tag("rows", 3)
          .tag({ a: null, b: [1] })
          .log("said", "warn", { why: "so" }),
      );
      load.tag("late", 1).log("late").result(1);
      load.end();
    });
    const tags = ofType(events, "span_tag").map((event) => [event.key, event.value]);
    assert.deepEqual(Object.fromEntries(tags), { rows: 3, a: null, b: [1] });
    const [log] = ofType(events, "span_log");
    const said = [log?.message, log?.level, log?.fields];
    assert.deepEqual(said, ["said", "warn", { why: "so" }]);
    const order = ["start load", "tag rows", "tag a", "tag b", "log said", "end ok"];
    assert.deepEqual(shape(events), order);
  });

  it("hangs each root under the span that HERO_FLOW_PARENT_SPAN names", async () => {
    const parent = "00000000deadbeef";
    const events = await trace(({ step }) => {
      step("one", () => {
        step("inner", () => undefined);
      });
      step("two", () => undefined);
    }, parent);
    assert.deepEqual(tree(events), { one: parent, inner: "one", two: parent });
  });
});

describe("instrument", () => {
  it("makes a span of kind rpc of a public method, with what it was given and gave", async () => {
    const events = await trace(({ instrument }) => {
      assert.deepEqual(instrument(new Client()).fetch("a", 2), ["a", "a"]);
    });
    const [start, end] = events;
    assert.deepEqual([start?.name, start?.kind], ["rpc:Client.fetch", "rpc"]);
    assert.deepEqual(start?.params, { args: ["a", 2] });
    assert.deepEqual([end?.status, end?.result], ["ok", ["a", "a"]]);
  });

  it("lets private names and plain attributes pass through", async () => {
    const events = await trace(({ instrument }) => {
      const client = instrument(new Client());
      assert.deepEqual([client._connect(), client.region], ["connected 2", "north"]);
      assert.ok(client instanceof Client);
      assert.equal(client.constructor, Client);
      client.region = "south";
      assert.equal(client.region, "south");
    });
    assert.deepEqual(events, []);
  });

  it("hangs a call under the step that it is made in", async () => {
    const events = await trace(({ instrument, step }) => {
      const client = instrument(new Client());
      step("load", () => client.fetch("a"));
    });
    assert.deepEqual(tree(events), { load: null, "rpc:Client.fetch": "load" });
  });
});

describe("bootstrap run", () => {
  it("opens a root with the flow's name, its input and its result", async () => {
    const events = await trace(({ flow, runFlow, step }) => {
      const nightly = flow({ name: "nightly run" }, (input: { day: string }) =>
        step("load", () => ({ day: input.day })),
      );
      assert.deepEqual(runFlow(nightly, { day: "monday" }), { day: "monday" });
    });
    const root = starts(events).get("nightly run");
    assert.deepEqual([root?.kind, root?.params], ["flow", { day: "monday" }]);
    assert.deepEqual(tree(events), { "nightly run": null, load: "nightly run" });
    const end = ends(events).get("nightly run");
    assert.deepEqual([end?.status, end?.result], ["ok", { day: "monday" }]);
  });

  it("fails the root with an error, which reaches the caller as it is", async () => {
    const fault = new RangeError("day");
    const events = await trace(async ({ flow, runFlow }) => {
      const nightly = flow(async function nightly() {
        await turn();
        throw fault;
      });
      await assert.rejects(runFlow(nightly), (error) => error === fault);
    });
    const end = ends(events).get("nightly");
    assert.deepEqual([end?.status, end?.error_type], ["failed", "RangeError"]);
  });
});

describe("concurrency", () => {
  it("gives each thread its own root, also while the main one has a span", async () => {
    const numbers = [0, 1, 2, 3];
    const events = await trace(({ step }) =>
      step("main", () =>
        Promise.all(
          numbers.map((number) => {
            const workerData = { number, times: 25 };
            return once(new Worker(program("thread"), { workerData }), "exit");
          }),
        ),
      ),
    );
    const threads = numbers.flatMap((number) => [
      [`thread ${number}`, null],
      [`inner ${number}`, `thread ${number}`],
    ]);
    assert.deepEqual(tree(events), { main: null, ...Object.fromEntries(threads) });
    const sequence = events.map((event) => event.seq);
    assert.deepEqual(sequence, [...sequence.keys()]);
    assert.equal(ofType(events, "span_end").length, 1 + numbers.length * 50);
    assert.equal(events.filter((event) => event.producer !== undefined).length, 1);
  });

  it("hangs tasks under the step that made them; long lines of many stay whole", async () => {
    const numbers = Array.from({ length: 50 }, (_, number) => number);
    const events = await trace(({ step }) => {
      const work = (number: number): Promise<void> =>
        step(`task ${number}`, async (task) => {
          for (let time = 0; time < 3; time++) {
            task.log("x".repeat(4000), { number });
            await turn();
          }
        });
      return step("main", () => Promise.all(numbers.map(work)));
    });
    const tasks = numbers.map((number): [string, string] => [`task ${number}`, "main"]);
    assert.deepEqual(tree(events), { main: null, ...Object.fromEntries(tasks) });
    const logs = ofType(events, "span_log");
    for (const log of logs) {
      const { number } = log.fields as { number: number };
      assert.equal(log.span_id, starts(events).get(`task ${number}`)?.span_id);
    }
    assert.equal(logs.length, 150);
  });
});
