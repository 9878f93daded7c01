/** Stand-ins for clients of every sort. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";

import { Failed, named } from "../src/index.js";
import { ends, ofType, shape, starts, trace, tree } from "./support.js";

class Database {
  static readonly Row = class Row {
    readonly id = 1;
  };
  readonly Row = Database.Row;
  readonly #rows = [1, 2];

  get size(): number {
    return this.#rows.length;
  }

  all(): number[] {
    return this.#rows;
  }

  async first(): Promise<number | undefined> {
    await turn();
    return this.#rows[0];
  }

  *each(): Generator<number> {
    yield* this.#rows;
  }

  chain(): this {
    return this;
  }

  fail(): never {
    throw new Failed(`not with ${this.#rows.length} rows`);
  }
}

describe("a stand-in", () => {
  it("records methods of all sorts, and lets their values pass", async () => {
    const rows = [1, 2];
    const events = await trace(async ({ instrument }) => {
      const database = instrument(new Database());
      assert.deepEqual(database.all(), rows);
      assert.equal(await database.first(), 1);
      assert.deepEqual([...database.each()], rows);
      assert.throws(() => database.fail(), Failed);
      assert.equal(database.size, 2);
      assert.ok(new database.Row() instanceof Database.Row);
    });
    const names = ["all", "first", "each", "fail"].map((method) => `rpc:Database.${method}`);
    assert.deepEqual([...starts(events).keys()], names);
    assert.deepEqual(ends(events).get("rpc:Database.all")?.result, rows);
    assert.equal(ends(events).get("rpc:Database.first")?.result, 1);
    assert.equal(ends(events).get("rpc:Database.fail")?.error, "not with 2 rows");
    assert.equal(starts(events).get("rpc:Database.all")?.params, undefined);
  });

  it("stays in the place of a client that gives itself, and is made once", async () => {
    await trace(({ instrument }) => {
      const client = new Database();
      const database = instrument(client);
      assert.notEqual(database, client);
      assert.equal(database.chain().chain(), database);
      assert.equal(instrument(database), database);
      assert.equal(Reflect.get(database, "all"), Reflect.get(database, "all"));
      assert.equal(Object.getPrototypeOf(database), Database.prototype);
    });
  });

  it("records named arguments, which stay as they are", async () => {
    const client = { find: (...args: unknown[]): unknown => args.at(-1) };
    const events = await trace(({ instrument }) => {
      const options = named({ limit: 2 });
      assert.equal(instrument(client).find("a", options), options);
      instrument(client).find(named({}));
    });
    const [first, second] = ofType(events, "span_start");
    assert.deepEqual(
      [first?.name, first?.params],
      ["rpc:Object.find", { args: ["a"], kwargs: { limit: 2 } }],
    );
    assert.equal(second?.params, undefined);
  });

  it("of something that can be awaited does not start it", async () => {
    let times = 0;
    const query = {
      then: (done: (rows: number) => void): void => {
        done(++times);
      },
    };
    const events = await trace(async ({ instrument }) => {
      const standIn = instrument(query);
      assert.equal(times, 0);
      assert.equal(await standIn, 1);
      assert.equal(await instrument(Promise.resolve(5)), 5);
    });
    assert.deepEqual(events, []);
  });

  it("keeps methods that have methods of their own, and those that may not be replaced", async () => {
    const users = Object.assign((id: number) => id, { list: () => ["a"] });
    const client = Object.defineProperty({ users, fixed: () => 2 }, "fixed", {
      writable: false,
      configurable: false,
    });
    const events = await trace(({ instrument }) => {
      const standIn = instrument(client);
      assert.equal(standIn.users(5), 5);
      assert.deepEqual(standIn.users.list(), ["a"]);
      assert.equal(standIn.fixed(), 2);
    });
    assert.deepEqual([...starts(events).keys()], ["rpc:Object.users", "rpc:Object.users.list"]);
  });

  it("of a function calls it, and records its methods", async () => {
    const fetcher = Object.assign(
      function fetcher(url: string): string {
        return url;
      },
      { post: (url: string) => url },
    );
    const events = await trace(({ instrument }) => {
      const standIn = instrument(fetcher);
      assert.equal(standIn("a"), "a");
      assert.equal(standIn.post("b"), "b");
    });
    assert.deepEqual(shape(events), ["start rpc:fetcher.post", "end ok"]);
  });

  it("is called back by what the client calls, and nests what a method does", async () => {
    class Feed extends EventEmitter {
      read(): void {
        this.emit("row", 1);
      }
    }
    const events = await trace(({ instrument, span }) => {
      const feed = instrument(new Feed());
      feed.on("row", () => {
        span("row", () => undefined);
      });
      feed.read();
    });
    const read = "rpc:Feed.read";
    assert.deepEqual(tree(events), { "rpc:Feed.on": null, [read]: null, row: read });
  });

  it("survives a client that says nothing of itself", async () => {
    const hostile = new Proxy(() => 1, {
      get: (_, key) => (key === "constructor" ? assert.fail() : key === "name" ? 5 : undefined),
    });
    const bare = Object.assign(Object.create(null) as object, { get: () => 1 });
    const events = await trace(({ instrument }) => {
      assert.equal(instrument(hostile)(), 1);
      assert.equal(instrument(bare).get(), 1);
    });
    assert.deepEqual(shape(events), ["start rpc:Object.get", "end ok"]);
  });
});
