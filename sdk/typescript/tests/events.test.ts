/** The fields of an event: what is cut, and how that is announced. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { ERROR_BYTES, LINE_BYTES, MEMBERS, NAME_BYTES, VALUE_BYTES } from "../src/contract.js";
import {
  type Attributes,
  Body,
  captureMembers,
  quickMembers,
  quickScalar,
  ROUNDS,
} from "../src/event.js";
import { Line, headOf } from "../src/line.js";
import { capture, captureError, captureName } from "../src/values.js";

function built(fill: (body: Body) => unknown, round = 0): Record<string, unknown> {
  const body = new Body(ROUNDS[round] ?? ROUNDS[0]);
  fill(body);
  return JSON.parse(`{${String(body)}}`) as Record<string, unknown>;
}

describe("fields", () => {
  it("at their limits are not cut, and one byte over they are", () => {
    const check = (field: string, limit: number, fill: (text: string) => unknown): void => {
      assert.deepEqual(fill("x".repeat(limit)), { [field]: "x".repeat(limit) });
      const over = fill(`${"x".repeat(limit - 1)}é`) as Record<string, unknown>;
      assert.deepEqual(over["truncated"], { [field]: limit + 1 });
    };
    check("name", NAME_BYTES, (text) => built((body) => body.name("name", captureName(text))));
    check("value", VALUE_BYTES, (text) => built((body) => body.value("value", capture(text, 2))));
    check("error", ERROR_BYTES, (text) => built((body) => body.error(captureError(text))));
  });

  it("that are structures become texts when they are too long, numbers never", () => {
    const long = ["x".repeat(VALUE_BYTES)];
    const expected = `["${"x".repeat(VALUE_BYTES - 2)}`;
    const found = built((body) => body.value("value", capture(long, 2)));
    assert.deepEqual(found, { value: expected, truncated: { value: VALUE_BYTES + 4 } });
    assert.deepEqual(
      built((body) => body.value("value", capture(1.5, 2))),
      { value: 1.5 },
    );
  });

  it("are halved from round to round", () => {
    const found = built((body) => body.value("value", capture("x".repeat(3000), 2)), 1);
    assert.deepEqual(found, { value: "x".repeat(VALUE_BYTES / 2), truncated: { value: 3000 } });
    assert.equal(ROUNDS.at(-1)?.value, VALUE_BYTES / 256);
    assert.equal(ROUNDS.at(-1)?.name, VALUE_BYTES / 256);
  });
});

describe("members", () => {
  const check = (given: Attributes, tags: unknown, truncated?: unknown): void => {
    const found = built((body) => body.members("tags", captureMembers(given)));
    const expected = truncated === undefined ? { tags } : { tags, truncated };
    assert.deepEqual(found, expected);
    const { tags: sent } = found;
    assert.deepEqual(Object.keys(sent as object), Object.keys(tags as object));
  };

  it("are sent in their order, those that are undefined are not", () => {
    check({ b: 1, a: undefined, c: null }, { b: 1, c: null });
    check(new Map([["b", 1]]), { b: 1 });
    assert.deepEqual(
      built((body) => body.members("tags", captureMembers({}))),
      {},
    );
  });

  it("are counted when some are left out", () => {
    const keys = Array.from({ length: MEMBERS + 2 }, (_, number) => `k${number}`);
    const all = Object.fromEntries(keys.map((key) => [key, 1]));
    const kept = Object.fromEntries(keys.slice(0, MEMBERS).map((key) => [key, 1]));
    check(all, kept, { tags: MEMBERS + 2 });
    check({ "": 1, unnamed: 2 }, { unnamed: 1 }, { tags: 2 });
  });

  it("have one entry for key and value, the larger", () => {
    const key = "k".repeat(NAME_BYTES + 1);
    const sent = "k".repeat(NAME_BYTES);
    check({ [key]: 1 }, { [sent]: 1 }, { [`tags.${sent}`]: NAME_BYTES + 1 });
    const value = "v".repeat(VALUE_BYTES + 1);
    const cut = "v".repeat(VALUE_BYTES);
    check({ [key]: value }, { [sent]: cut }, { [`tags.${sent}`]: VALUE_BYTES + 1 });
  });

  it("of short scalars go a quicker way to the same end", () => {
    const checkQuick = (given: Attributes, expected: string | undefined): void => {
      assert.equal(quickMembers("tags", given), expected);
      const slow = new Body(ROUNDS[0]).members("tags", captureMembers(given)).toString();
      if (expected !== undefined) assert.equal(expected, slow === "" ? "" : `,${slow}`);
    };
    checkQuick({}, "");
    checkQuick(
      { a: 1, b: "x\n", c: null, d: true },
      ',"tags":{"a":1,"b":"x\\n","c":null,"d":true}',
    );
    checkQuick({ a: 2 ** 60 }, ',"tags":{"a":1.152921504606847e+18}');
    checkQuick({ a: "é\ud800" }, ',"tags":{"a":"é\ufffd"}');
    for (const value of [undefined, [1], 1n, Number.NaN, "x".repeat(VALUE_BYTES)]) {
      assert.equal(quickScalar(value), undefined);
      checkQuick({ a: value }, undefined);
    }
    checkQuick({ "\ud800": 1, "\udfff": 2 }, undefined);
    checkQuick({ "": 1 }, undefined);
    checkQuick(new Map([["a", 1]]), undefined);
  });
});

describe("a line", () => {
  const line = new Line();
  const check = (sequence: number, us: number, expected: string): void => {
    line.begin(headOf("span_tag"), sequence, us);
    const length = line.complete('"a":"é"', ',"b":1');
    assert.equal(line.bytes.toString("utf8", 0, length), `${expected},"a":"é","b":1}\n`);
  };

  it("begins with its type, its number and its time in milliseconds", () => {
    check(0, 0, '{"type":"span_tag","seq":0,"ts_ms":0.000');
    check(1, 9_999_999, '{"type":"span_tag","seq":1,"ts_ms":9999.999');
    check(1, 10_000_001, '{"type":"span_tag","seq":1,"ts_ms":10000.001');
    check(7, 1_767_225_600_000_412, '{"type":"span_tag","seq":7,"ts_ms":1767225600000.412');
    check(10, 1_767_225_600_999_999, '{"type":"span_tag","seq":10,"ts_ms":1767225600999.999');
    check(999_999_999, 1_000_000, '{"type":"span_tag","seq":999999999,"ts_ms":1000.000');
    check(1_000_000_000, 1000, '{"type":"span_tag","seq":1000000000,"ts_ms":1.000');
    check(
      9_007_199_254_740_991,
      4_102_444_800_000_000,
      '{"type":"span_tag","seq":9007199254740991,"ts_ms":4102444800000.000',
    );
  });

  it("may be completed again, and tells when it is too long", () => {
    line.begin(headOf("span_tag"), 1, 1_000_000);
    assert.ok(line.complete("x".repeat(LINE_BYTES), "") > LINE_BYTES);
    assert.ok(line.complete("é".repeat(LINE_BYTES / 2), "") > LINE_BYTES);
    const length = line.complete('"a":1', "");
    const expected = '{"type":"span_tag","seq":1,"ts_ms":1000.000,"a":1}\n';
    assert.equal(line.bytes.toString("utf8", 0, length), expected);
  });
});
