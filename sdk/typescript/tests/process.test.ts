/** The connection and the life of the process, on real sockets. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, it } from "node:test";
import { once } from "node:events";

import { connect } from "../src/connection.js";
import { LINE_BYTES, WAIT_MS } from "../src/contract.js";
import {
  Collector,
  ends,
  type Event,
  eventsOf,
  loadSdk,
  ofType,
  runProgram,
  shape,
  starts,
  trace,
  tree,
} from "./support.js";

/** What a busy machine may add to a bound, in milliseconds. */
const SLACK_MS = Number(process.env["HERO_SLACK_MS"] ?? 250);

/** Runs a program with a collector, and gives what came of it. */
async function traceProgram(
  source: string,
): Promise<{ status: number | null; stdout: string; stderr: string; events: Event[] }> {
  const collector = await Collector.listen();
  try {
    const { status, stdout, stderr } = runProgram(source, collector.path);
    return { status, stdout, stderr, events: await collector.events() };
  } finally {
    await collector.close();
  }
}

async function withCollector(
  use: (collector: Collector) => Promise<void>,
  reads = true,
): Promise<void> {
  const collector = await Collector.listen(reads);
  try {
    await use(collector);
  } finally {
    await collector.close();
  }
}

describe("a program", () => {
  it("that exits at once has said all, and leaves open what it had not ended", async () => {
    const { status, events } = await traceProgram(`
      sdk.step("outer", () => {
        sdk.currentSpan().log("before");
        process.exit(3);
      });
    `);
    assert.equal(status, 3);
    assert.deepEqual(shape(events), ["start outer", "log before"]);
  });

  it("that dies of an error or a signal has said all", async () => {
    const thrown = await traceProgram('sdk.step("it", () => { throw new Error("boom"); });');
    assert.equal(thrown.status, 1);
    assert.match(thrown.stderr, /Error: boom/);
    assert.equal(ends(thrown.events).get("it")?.status, "failed");
    const killed = await traceProgram('sdk.step("it"); process.kill(process.pid, "SIGKILL");');
    assert.equal(killed.status, null);
    assert.deepEqual(shape(killed.events), ["start it"]);
  });

  it("is told of a rejection that nobody handles", async () => {
    const { status, stderr, events } = await traceProgram(`
      void sdk.step("it", async () => { throw new Error("nobody cares"); });
    `);
    assert.equal(status, 1);
    assert.match(stderr, /nobody cares/);
    assert.equal(ends(events).get("it")?.status, "failed");
  });

  it("is not kept alive, and nothing is printed", async () => {
    const { status, stdout, stderr, events } = await traceProgram('sdk.step("it", () => 1);');
    assert.deepEqual([status, stdout, stderr], [0, "", ""]);
    assert.deepEqual(shape(events), ["start it", "end ok"]);
  });

  it("that runs out of stack within spans goes on, and so does its trace", async () => {
    const { status, events } = await traceProgram(`
      let deepest = 0;
      const down = (depth) => {
        deepest = depth;
        sdk.span("down", () => down(depth + 1));
      };
      try { down(0); } catch (error) { if (!(error instanceof RangeError)) throw error; }
      sdk.step("after", (span) => span.tag("deepest", deepest));
    `);
    assert.equal(status, 0);
    assert.equal(ends(events).get("after")?.status, "ok");
    assert.ok(ofType(events, "span_end").length > 500);
    const sequence = events.map((event) => event.seq);
    assert.deepEqual(sequence, [...new Set(sequence)]);
  });

  it("keeps tasks apart that are older than its first span", async () => {
    const { status, events } = await traceProgram(`
      const one = Promise.resolve().then(async () => {
        await undefined;
        await undefined;
        sdk.span("root", () => undefined);
      });
      const other = Promise.resolve().then(async () => {
        const span = sdk.span("other");
        await one;
        span.end();
      });
      await other;
    `);
    assert.equal(status, 0);
    assert.deepEqual(tree(events), { other: null, root: null });
  });

  it("makes one connection, with one producer, whoever in it traces first", async () => {
    const { status, events } = await traceProgram(`
      import { Worker } from "node:worker_threads";
      const source = \`import(\${JSON.stringify(${JSON.stringify(new URL("../src/index.js", import.meta.url).href)})})
        .then(({ step }) => step("worker", () => undefined))\`;
      const workers = [1, 2, 3].map(() => new Worker(source, { eval: true }));
      await Promise.all(workers.map((worker) => new Promise((done) => worker.on("exit", done))));
      sdk.step("main", () => undefined);
    `);
    assert.equal(status, 0);
    assert.equal(ofType(events, "span_start").length, 4);
    assert.deepEqual(
      events.map((event) => event.seq),
      [...events.keys()],
    );
  });

  it("goes on when a worker is terminated, whatever that was doing", async () => {
    const { status, events } = await traceProgram(`
      import { Worker } from "node:worker_threads";
      const source = \`import(\${JSON.stringify(${JSON.stringify(new URL("../src/index.js", import.meta.url).href)})})
        .then(({ step }) => { for (;;) step("worker", () => undefined); })\`;
      sdk.step("main", () => undefined);
      for (let time = 0; time < 5; time++) {
        const worker = new Worker(source, { eval: true });
        await new Promise((done) => setTimeout(done, 100));
        await worker.terminate();
      }
      const before = performance.now();
      for (let count = 0; count < 20; count++) sdk.step("after", () => undefined);
      if (performance.now() - before > 1000) process.exit(5);
    `);
    assert.equal(status, 0);
    assert.ok(events.length > 2);
  });
});

describe("a socket that is of no use", () => {
  it("turns the SDK off, and nothing is said of it", async () => {
    await withCollector(async (collector) => {
      const folder = path.dirname(collector.path);
      const file = path.join(folder, "file");
      writeFileSync(file, "as it was");
      const gone = path.join(folder, "gone");
      const server = createServer().listen(gone);
      await once(server, "listening");
      server.close();
      const unusable = [
        "",
        "relative",
        path.relative(process.cwd(), collector.path),
        path.join(folder, "missing"),
        file,
        gone,
        `${folder}/${"x".repeat(120)}`,
      ];
      for (const socket of unusable) {
        const sdk = loadSdk(socket);
        assert.equal(
          sdk.step("it", (span) => span.spanId),
          null,
          JSON.stringify(socket),
        );
        sdk.close();
      }
      assert.equal(connect(`${collector.path}\0`), undefined); // as no variable can name it
      assert.equal(readFileSync(file, "utf8"), "as it was");
      assert.deepEqual(await collector.texts(), []);
    });
  });
});

describe("a collector", () => {
  it("that stalls holds up one call, and no other until it reads again", async () => {
    await withCollector(async (collector) => {
      const { step, close } = loadSdk(collector.path);
      const calls: number[] = [];
      step("flood", (span) => {
        for (let count = 0; count < 500; count++) {
          const before = performance.now();
          span.log("x".repeat(4000));
          calls.push(performance.now() - before);
        }
      });
      const slow = calls.filter((ms) => ms > WAIT_MS / 2);
      assert.equal(slow.length, 1);
      assert.ok((slow[0] ?? 0) < WAIT_MS + SLACK_MS);
      close();
      const [text = ""] = await collector.texts();
      const logs = ofType(eventsOf(text), "span_log");
      assert.ok(logs.length > 10 && logs.length < 500);
    }, false);
  });

  it("that goes away turns the SDK off for good", async () => {
    await withCollector(async (collector) => {
      const { step, currentSpan, close } = loadSdk(collector.path);
      step("it", (span) => span.log("before"));
      await collector.hangUp();
      const before = performance.now();
      for (let count = 0; count < 100; count++) {
        step("late", () => currentSpan().log("late"));
      }
      assert.ok(performance.now() - before < SLACK_MS);
      assert.equal(step("never").spanId, null);
      close();
      assert.equal((await collector.texts()).length, 1);
    });
  });

  it("whose descriptor was closed gets nothing more, nor does what has its number", async () => {
    const { status, stderr, events } = await traceProgram(`
      import { closeSync, fstatSync, openSync, readdirSync, unlinkSync } from "node:fs";
      sdk.step("it", () => undefined);
      const isSocket = (number) => {
        try { return number > 2 && fstatSync(number).isSocket(); } catch { return false; }
      };
      const sockets = readdirSync("/dev/fd").map(Number).filter(isSocket);
      if (sockets.length !== 1) throw new Error("sockets: " + sockets);
      await new Promise((done) => setTimeout(done, 50)); // libuv itself waits for it to connect
      closeSync(sockets[0]);
      const file = process.env.HERO_FLOW_SPAN_SOCK + ".file";
      const taken = [];
      while (!taken.includes(sockets[0])) taken.push(openSync(file, "w"));
      unlinkSync(file);
      for (let count = 0; count < 3; count++) sdk.step("late", (span) => span.log("late"));
      if (taken.some((number) => fstatSync(number).size > 0)) throw new Error("written to");
      if (sdk.step("never").spanId !== null) throw new Error("not off");
    `);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.deepEqual(shape(events), ["start it", "end ok"]);
  });

  it("gets lines that fit, the largest values cut first", async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 64 }, (_, number) => [`k${number}`, "é".repeat(2000)]),
    );
    const events = await trace(({ step }) => {
      step("n".repeat(300), { ...tags, short: 1 }, (span) => span.log("\u0001".repeat(4096), tags));
    });
    const [start, log] = events;
    assert.equal(start?.truncated?.["tags"], 65);
    assert.equal(start.truncated["name"], 300);
    assert.equal(Object.keys(start.tags as object).length, 64);
    assert.equal(log?.truncated?.["message"], 4096);
    for (const event of events) {
      assert.ok(Buffer.byteLength(JSON.stringify(event)) < LINE_BYTES);
    }
  });
});

describe("a clock", () => {
  it("tells the time of the day, and never goes back", async () => {
    const before = Date.now();
    const events = await trace(({ step }) => {
      for (let count = 0; count < 200; count++) step("it", () => undefined);
    });
    const times = events.map((event) => event.ts_ms);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok((times[0] ?? 0) > before - 50 && (times.at(-1) ?? 0) < Date.now() + 50);
    assert.equal(new Set([...starts(events).values()].map((one) => one.span_id)).size, 1);
  });
});

describe("ids", () => {
  it("are 64 bits in hex, and each is used once", async () => {
    const events = await trace(({ step }) => {
      for (let count = 0; count < 1000; count++) step("it", () => undefined);
    });
    const ids = ofType(events, "span_start").map((event) => event.span_id);
    assert.equal(new Set(ids).size, 1000);
    for (const id of ids) assert.match(id, /^(?!0{16})[0-9a-f]{16}$/);
  });
});
