/** Spans: how they nest, how they end, and what carries them along. */

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import vm from "node:vm";
import { Worker } from "node:worker_threads";

import { Exit, Failed } from "../src/index.js";
import type { Api } from "../src/api.js";
import { ENV_PARENT, ENV_SOCKET } from "../src/contract.js";
import { ends, type Event, ofType, program, shape, starts, trace, tree } from "./support.js";

async function endOf(use: (sdk: Api) => unknown): Promise<Event | undefined> {
  return ends(await trace(use)).get("it");
}

describe("functions within a span", () => {
  it("give what they give, be it a value or a promise", async () => {
    const value = {};
    const events = await trace(async ({ step, span }) => {
      assert.equal(
        step("value", () => value),
        value,
      );
      const promise = span("promise", { a: 1 }, async (it) => {
        await turn();
        it.log("later");
        return value;
      });
      assert.ok(promise instanceof Promise);
      assert.equal(await promise, value);
    });
    const order = ["start value", "end ok", "start promise", "log later", "end ok"];
    assert.deepEqual(shape(events), order);
  });

  it("that give a promise with more to it give that very promise", async () => {
    class Query extends Promise<number> {
      readonly sql = "SELECT 1";
    }
    let isStarted = false;
    const lazy = { then: () => (isStarted = true) };
    const events = await trace(async ({ step }) => {
      const query = step("query", () => new Query((resolve) => setImmediate(resolve, 1)));
      assert.equal(query.sql, "SELECT 1");
      assert.equal(await query, 1);
      assert.equal(
        step("lazy", () => lazy),
        lazy,
      );
    });
    assert.equal(isStarted, false);
    assert.deepEqual(shape(events), ["start query", "end ok", "start lazy", "end ok"]);
  });

  it("hang tasks under the span that made them, also between their turns", async () => {
    const events = await trace(async ({ step, currentSpan }) => {
      await step("outer", async () => {
        const work = (name: string): Promise<void> =>
          step(name, async (own) => {
            await sleep(name === "a" ? 5 : 1);
            assert.equal(currentSpan(), own);
            step(`in ${name}`, () => undefined);
          });
        await Promise.all([work("a"), work("b")]);
        step("after", () => undefined);
      });
      assert.equal(currentSpan().spanId, null);
    });
    const expected = { outer: null, a: "outer", b: "outer", "in a": "a", "in b": "b" };
    assert.deepEqual(tree(events), { ...expected, after: "outer" });
  });
});

describe("spans that are opened without a function", () => {
  it("are current until the end of their block", async () => {
    const events = await trace(async ({ step, currentSpan }) => {
      {
        using outer = step("outer", { n: 1 });
        {
          await using inner = step("inner");
          assert.equal(currentSpan(), inner);
          await turn();
        }
        assert.equal(currentSpan(), outer);
      }
      assert.equal(currentSpan().spanId, null);
    });
    assert.deepEqual(tree(events), { outer: null, inner: "outer" });
    assert.deepEqual(shape(events), ["start outer", "start inner", "end ok", "end ok"]);
  });

  it("that end out of order leave the nearest open one current", async () => {
    const events = await trace(({ span, currentSpan }) => {
      const [a, b, c] = [span("a"), span("b"), span("c")];
      b.end();
      assert.equal(currentSpan(), c);
      c.end();
      assert.equal(currentSpan(), a);
      b.end();
      a.fail(new Failed("why"));
      a.end();
      assert.equal(currentSpan().spanId, null);
    });
    assert.deepEqual(tree(events), { a: null, b: "a", c: "b" });
    assert.equal(ofType(events, "span_end").length, 3);
    assert.equal(ends(events).get("a")?.error, "why");
  });
});

describe("how a span ends", () => {
  const check = async (thrown: unknown, expected: Partial<Event>): Promise<void> => {
    const end = await endOf(({ step }) => {
      try {
        step("it", () => {
          throw thrown;
        });
      } catch (error) {
        assert.equal(error, thrown);
      }
    });
    assert.ok(end !== undefined);
    const { status, error, error_type } = end;
    assert.deepEqual(JSON.parse(JSON.stringify({ status, error, error_type })), expected);
  };

  it("tells failures, cancellations and exits apart", async () => {
    await check(new Failed("why"), { status: "failed", error: "why", error_type: "Failed" });
    await check(new Failed({ rows: 0 }), {
      status: "failed",
      error: '{"rows":0}',
      error_type: "Failed",
    });
    const cancelled = { status: "cancelled", error_type: "AbortError" };
    await check(AbortSignal.abort().reason, cancelled);
    await check(
      Object.assign(new Error("x"), { name: "AbortError", code: "ABORT_ERR" }),
      cancelled,
    );
    await check(new Exit(), { status: "ok" });
    await check(new Exit(3), { status: "failed", error: "3", error_type: "Exit" });
  });

  it("takes whatever is thrown", async () => {
    await check("no", { status: "failed", error: "String: no", error_type: "String" });
    await check(undefined, { status: "failed", error: "undefined: null", error_type: "undefined" });
    const hostile = Object.defineProperties(new Error("x"), {
      stack: { get: () => assert.fail() },
      name: { get: () => assert.fail() },
      message: { get: () => assert.fail() },
      cause: { get: () => assert.fail() },
    });
    await check(hostile, { status: "failed", error: "Error", error_type: "Error" });
  });

  it("names the class and the present message of an error, which its stack may not", async () => {
    class NoRows extends Error {}
    const error = new NoRows("first");
    error.message = "second\n    at heart";
    const foreign: unknown = vm.runInNewContext("new RangeError('elsewhere')");
    const cyclic = new Error("a");
    cyclic.cause = new Error("b", { cause: cyclic });
    const textOf = async (thrown: unknown): Promise<string> => {
      const end = await endOf(({ step }) => {
        step("it").fail(thrown);
      });
      return end?.error ?? "";
    };
    assert.match(await textOf(error), /^NoRows: second\n {4}at heart\n {4}at .*spans\.test\.js/);
    assert.match(await textOf(foreign), /^RangeError: elsewhere\n {4}at /);
    assert.match(await textOf(cyclic), /^Error: a\n.*\nCaused by: Error: b\n/s);
    assert.equal((await textOf(cyclic)).split("Caused by").length, 2);
  });
});

describe("decorated functions", () => {
  it("are spans at each call, and else as they were", async () => {
    const events = await trace(async ({ step, span }) => {
      const add = step.around("add", { a: 1 })(function add(this: number, b: number) {
        return this + b;
      });
      assert.deepEqual([add.name, add.length], ["add", 1]);
      assert.equal(add.call(1, 2), 3);
      assert.equal(add.call(2, 2), 4);
      class Loader {
        readonly #rows = 2;

        @step.around("load")
        async load(): Promise<number> {
          await turn();
          return span("rows", () => this.#rows);
        }
      }
      assert.equal(await new Loader().load(), 2);
    });
    assert.deepEqual(tree(events), { add: null, load: null, rows: "load" });
    assert.deepEqual(starts(events).get("add")?.tags, { a: 1 });
    assert.equal(ofType(events, "span_start").length, 4);
  });

  it("that are generators are spans from their first step to their end", async () => {
    const events = await trace(async ({ step, span, currentSpan }) => {
      const numbers = step.around("numbers")(function* (count: number) {
        using _ = span("held");
        for (let number = 0; number < count; number++) {
          yield number;
          span("between", () => undefined);
        }
        return "done";
      });
      const slow = step.around("slow")(async function* () {
        await turn();
        yield 1;
        yield 2;
      });
      const items = numbers(2);
      assert.equal(items.next().value, 0);
      assert.equal(currentSpan().spanId, null);
      assert.deepEqual([...items], [1]);
      for (const number of numbers(9)) if (number === 1) break;
      for await (const number of slow()) assert.ok(number > 0);
    });
    const expected = { numbers: null, held: "numbers", between: "held", slow: null };
    assert.deepEqual(tree(events), expected);
    const all = ofType(events, "span_end");
    assert.deepEqual(new Set(all.map((end) => end.status)), new Set(["ok"]));
    assert.equal(all.length, ofType(events, "span_start").length);
  });

  it("that are generators get what is sent and thrown into them", async () => {
    const events = await trace(({ step }) => {
      const echo = step.around("echo")(function* (): Generator<unknown, void, unknown> {
        let sent: unknown;
        for (;;) {
          try {
            sent = yield sent;
          } catch (error) {
            sent = error;
          }
          if (sent === "fail") throw new Failed("asked to");
        }
      });
      const items = echo();
      items.next();
      assert.equal(items.next(5).value, 5);
      assert.equal(items.throw("ball").value, "ball");
      assert.throws(() => items.next("fail"), Failed);
    });
    assert.equal(ends(events).get("echo")?.error, "asked to");
  });
});

describe("carrying a span along", () => {
  it("wraps what others call", async () => {
    const events = await trace(({ step, span, wrap }) => {
      const emitter = new EventEmitter();
      const plain = (): unknown => undefined;
      assert.equal(wrap(plain), plain);
      step("listen", () => {
        emitter.on(
          "row",
          wrap((row: number) => {
            span("row", { row }, () => undefined);
          }),
        );
        emitter.on("other", () => {
          span("other", () => undefined);
        });
      });
      emitter.emit("row", 1);
      emitter.emit("other");
    });
    // The step had ended by then.
    assert.deepEqual(tree(events), { listen: null, row: null, other: null });
  });

  it("wraps with the nearest span that is still open", async () => {
    const events = await trace(({ step, span, wrap }) => {
      using _ = step("outer");
      const wrapped = step("inner", () =>
        wrap(() => {
          span("row", () => undefined);
        }),
      );
      wrapped();
    });
    assert.deepEqual(tree(events), { outer: null, inner: "outer", row: "outer" });
  });

  it("takes it into threads", async () => {
    const events = await trace(({ step, carry }) =>
      step("main", async () => {
        const workerData = { number: 1, times: 2, carried: carry() };
        await once(new Worker(program("thread"), { workerData }), "exit");
      }),
    );
    assert.deepEqual(tree(events), { main: null, "thread 1": "main", "inner 1": "thread 1" });
    const end = events.at(-1);
    assert.deepEqual([end?.span_id, end?.status], [starts(events).get("main")?.span_id, "ok"]);
  });

  it("lets threads speak of it until it has ended", async () => {
    const events = await trace(({ step, carry, resume, currentSpan }) => {
      const main = step("main");
      const carried = structuredClone(carry());
      resume(carried, () => {
        currentSpan().tag("from", "afar").result("nobody's").end();
        step("child", () => undefined);
      });
      main.end();
      resume(carried, () => {
        currentSpan().log("late");
        step("root", () => undefined);
      });
    });
    assert.deepEqual(tree(events), { main: null, child: "main", root: null });
    assert.deepEqual(ofType(events, "span_log"), []);
    assert.equal(ofType(events, "span_tag").length, 1);
    assert.equal(ends(events).get("main")?.result, undefined);
  });

  it("names it in the environment of a child process", async () => {
    let env: NodeJS.ProcessEnv = {};
    const parent = "00000000deadbeef";
    const events = await trace(({ step, childEnv }) => {
      assert.equal(childEnv({})[ENV_PARENT], parent);
      step("main", () => {
        env = childEnv({ PATH: "/bin" });
      });
    }, parent);
    assert.equal(env[ENV_PARENT], starts(events).get("main")?.span_id);
    assert.deepEqual([env["PATH"], typeof env[ENV_SOCKET]], ["/bin", "string"]);
  });
});
