/** What becomes of texts and values, as tables. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import vm from "node:vm";

import { DEPTH, MEASURED_BYTES, VALUE_BYTES } from "../src/contract.js";
import { cut, cutMiddle, measure, quote } from "../src/text.js";
import { capture, captureName } from "../src/values.js";

function check(value: unknown, expected: string): void {
  const { text, isString } = capture(value, 2);
  assert.equal(isString ? quote(text) : text, expected);
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

describe("texts", () => {
  const checkCut = (text: string, limit: number, expected: string): void => {
    assert.equal(cut(text, limit), expected);
    assert.ok(Buffer.byteLength(expected) <= limit);
  };

  it("are cut to the longest prefix that ends on a code point", () => {
    checkCut("abcdef", 6, "abcdef");
    checkCut("abcdef", 5, "abcde");
    checkCut("aéé", 4, "aé");
    checkCut("a€€", 6, "a€");
    checkCut("a😀😀", 8, "a😀");
    checkCut("a😀😀", 4, "a");
    checkCut("x".repeat(100_000), 3, "xxx");
    checkCut("\u0000\u0000\u0000", 2, "\u0000\u0000");
  });

  it("that are errors keep their head and their end", () => {
    assert.equal(cutMiddle("0123456789abcdefghij", 15, 4), "0123\n...\nefghij");
    assert.equal(cutMiddle("ééééééééééé", 14, 3), "é\n...\nééé");
    assert.equal(cutMiddle("😀".repeat(9), 14, 5), "😀\n...\n😀");
  });

  it("are measured in bytes of UTF-8, up to a bound", () => {
    assert.equal(measure(""), 0);
    assert.equal(measure("aé€😀"), 1 + 2 + 3 + 4);
    assert.equal(measure("é".repeat(MEASURED_BYTES / 2)), MEASURED_BYTES);
    assert.equal(measure("é".repeat(MEASURED_BYTES)), MEASURED_BYTES);
  });

  it("have no escapes but those that JSON demands", () => {
    const text = '"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028é😀';
    assert.equal(quote(text), '"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\u2028é😀"');
    assert.equal(quote("plain ~ text"), '"plain ~ text"');
    assert.equal(quote(""), '""');
  });
});

describe("values", () => {
  it("of JSON are themselves", () => {
    check(null, "null");
    check(true, "true");
    check(0.1, "0.1");
    check(-0, "0");
    check("é", '"é"');
    check([1, [], {}], "[1,[],{}]");
    check({ b: 1, a: { "": 2 } }, '{"b":1,"a":{"":2}}');
    check(Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}');
    check(vm.runInNewContext("({ a: [1] })"), '{"a":[1]}');
  });

  it("that are numbers stay whole and finite", () => {
    check(Number.MAX_SAFE_INTEGER, "9007199254740991");
    check(2 ** 53, "9.007199254740992e+15");
    check(-1e20, "-1e+20");
    check(1e300, "1e+300");
    check(5e-324, "5e-324");
    check(Number.NaN, '"NaN"');
    check([Infinity, -Infinity], '["Infinity","-Infinity"]');
    check(7n, "7");
    check(-9007199254740991n, "-9007199254740991");
    check(9007199254740992n, '"9007199254740992"');
    check(-(10n ** 4299n), `"-1${"0".repeat(4299)}"`);
    check(10n ** 4300n, '"<integer of more than 4300 digits>"');
  });

  it("that are undefined are left out, as JSON.stringify has it", () => {
    check(undefined, "null");
    check([undefined, 1], "[null,1]");
    check({ a: undefined, b: 1 }, '{"b":1}');
    check(Array<unknown>(2), "[null,null]");
  });

  it("have well-formed texts, and keys that differ", () => {
    check("a\ud800", '"a\ufffd"');
    check("\ude00\ud83d", '"\ufffd\ufffd"');
    check("\ud83d\ude00", '"😀"');
    check({ "\ud800": 1, "\udfff": 2, "\ufffd": 3 }, '{"\ufffd":1}');
  });

  it("that are maps are objects, with keys as JSON texts", () => {
    const pairs: [unknown, unknown][] = [
      [1, "a"],
      ["1", "b"],
      [null, "c"],
      [[1, "x"], "d"],
      [-1.5, "e"],
      [undefined, undefined],
    ];
    check(new Map(pairs), '{"1":"a","null":"c","[1,\\"x\\"]":"d","-1.5":"e"}');
  });

  it("that say what they are as JSON are that", () => {
    check(new Date(0), '"1970-01-01T00:00:00.000Z"');
    check(new Date(Number.NaN), '"Invalid Date"');
    check(new URL("http://example.org/a"), '"http://example.org/a"');
    check({ toJSON: () => ({ a: 1n }) }, '{"a":1}');
    const endless = { toJSON: (): unknown => ({ toJSON: endless.toJSON, a: 1 }) };
    check(endless, '{"toJSON":"[Function toJSON]","a":1}');
  });

  it("that lie too deep, or within themselves, are dots", () => {
    const deep = DEPTH - 1;
    check(nested(deep), "[".repeat(deep) + "]".repeat(deep));
    check(nested(deep + 1), `${"[".repeat(deep)}"[...]"${"]".repeat(deep)}`);
    const self: unknown[] = [];
    self.push(self, { self });
    check(self, '["[...]",{"self":"[...]"}]');
    const map = new Map<string, unknown>();
    map.set("in", map);
    check(map, '{"in":"{...}"}');
    const twice = { a: 1 };
    check([twice, twice], '[{"a":1},{"a":1}]');
  });
});

describe("other values", () => {
  class User {
    readonly #secret = 1;
    readonly address = { city: "Oslo" };

    constructor(readonly name: string) {}

    get secret(): number {
      return this.#secret;
    }
  }
  class Money {
    toString(): string {
      return "5 EUR";
    }
  }
  class Broken {
    toString(): string {
      throw new Error("no");
    }
  }
  class Wrong {
    readonly toString: unknown = () => 5;
  }

  it("are readable texts", () => {
    check(Symbol("s"), '"Symbol(s)"');
    check(function load() {}, '"[Function load]"'); // eslint-disable-line @typescript-eslint/no-empty-function
    check(new Set([1, "a", { b: 1 }]), "\"Set(3) {1, 'a', [Object]}\"");
    check(Buffer.from([0, 255]), '"Buffer(2 bytes) 00ff"');
    check(new Uint8Array(0), '"Uint8Array(0 bytes) "');
    check(new ArrayBuffer(1), '"ArrayBuffer(1 bytes) 00"');
    check(new TypeError("no"), '"TypeError: no"');
    check(new User("Ada"), "\"User {name: 'Ada', address: [Object]}\"");
    check(new Money(), '"5 EUR"');
    check(/a+/g, '"/a+/g"');
  });

  it("are texts also when they fail to describe themselves", () => {
    check(new Broken(), '"<Broken that cannot describe itself>"');
    check(new Wrong(), '"Wrong {toString: [Function toString]}"');
    check({ toJSON: () => assert.fail() }, '"<Object that cannot describe itself>"');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    check(proxy, '"<Object that cannot describe itself>"');
    const getter = Object.defineProperty({ b: 1 }, "a", {
      enumerable: true,
      get: () => assert.fail(),
    });
    check(getter, '{"b":1,"a":"<a cannot be read>"}');
  });

  it("are of bounded size, and nobody reads on", () => {
    const bounded = (value: unknown): void => {
      assert.ok(capture(value, 2).text.length <= VALUE_BYTES);
    };
    bounded({ toString: () => "x".repeat(1_000_000), [Symbol.toStringTag]: "Long" }.toString);
    bounded(new Set(Array.from({ length: 100_000 }, (_, number) => number)));
    bounded(new Uint8Array(1_000_000));
    bounded(Object.assign(new Money(), { toString: () => "x".repeat(1_000_000) }));
    let reads = 0;
    const endless = new Proxy([], {
      get: (_, key) => (key === "length" ? 1e9 : ++reads),
    });
    assert.equal(capture(endless, 2).size, MEASURED_BYTES);
    assert.ok(reads < MEASURED_BYTES);
  });
});

describe("names", () => {
  it("are never empty", () => {
    const checkName = (name: unknown, expected: string): void => {
      assert.equal(captureName(name).text, expected);
    };
    checkName("load", "load");
    checkName("", "unnamed");
    checkName(5, "5");
    checkName(null, "null");
    checkName({ a: 1 }, '{"a":1}');
  });
});
