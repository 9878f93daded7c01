/** The values of a script: plain JSON stands for itself, `{"gen": …}` is a recipe. */

import {
  AdapterBroken,
  countOf,
  isList,
  isMembers,
  listOf,
  type Members,
  Numeral,
  textOf,
  type Words,
} from "./words.js";

/** Makes the value that a script describes. */
export function make(words: Words | undefined): unknown {
  if (words === undefined) return null;
  if (words instanceof Numeral) return makeNumber(words.text);
  if (isList(words)) return words.map(make);
  if (!isMembers(words)) return words;
  const gen = words.get("gen");
  return gen === undefined ? makeObject(words) : recipeOf(gen)(words);
}

function recipeOf(gen: Words): (words: Members) => unknown {
  const recipe = recipes.get(textOf(gen));
  if (recipe === undefined) throw new AdapterBroken("an unknown recipe");
  return recipe;
}

function makeNumber(text: string): number | bigint {
  const number = Number(text);
  return /[.eE]/.test(text) || Number.isSafeInteger(number) ? number : BigInt(text);
}

/** An object, or a Map where the language's objects would put the keys in another order. */
function makeObject(words: Members): object {
  const pairs = Array.from(words, ([key, value]): [string, unknown] => [key, make(value)]);
  return pairs.some(([key]) => /^\d+$/.test(key)) ? new Map(pairs) : Object.fromEntries(pairs);
}

/** An object of the user's own, which may describe itself badly. */
class Thing {
  readonly #describes: string;

  constructor(describes: string) {
    this.#describes = describes;
  }

  toString(): string {
    if (this.#describes === "raises") throw new Error("this object has no description");
    const answers: Readonly<Record<string, unknown>> = {
      long: "x".repeat(1_000_000),
      "not-text": 5,
    };
    return (answers[this.#describes] ?? "<thing>") as string;
  }
}

function makeText(words: Members): string {
  const char = textOf(words.get("char"));
  return char.repeat(Math.floor(countOf(words.get("bytes")) / Buffer.byteLength(char)));
}

function makeDeep(words: Members): unknown {
  const isArray = words.get("of") === "array";
  let value: unknown = isArray ? [] : {};
  for (let level = 1; level < countOf(words.get("levels")); level++) {
    value = isArray ? [value] : { in: value };
  }
  return value;
}

function makeCyclic(words: Members): unknown {
  const items: unknown[] = [];
  items.push(items);
  const object: Record<string, unknown> = {};
  object["self"] = object;
  return words.get("of") === "array" ? items : object;
}

function makeMembers(words: Members): unknown {
  const keys = Array.from(
    { length: countOf(words.get("count")) },
    (_, number) => `k${String(number)}`,
  );
  return Object.fromEntries(keys.map((key) => [key, make(words.get("value"))]));
}

function makePair(pair: Words): [unknown, unknown] {
  const [key, value] = listOf(pair);
  return [make(key), make(value)];
}

function makeBytes(words: Members): Uint8Array {
  return Uint8Array.from({ length: countOf(words.get("bytes")) }, (_, number) => number);
}

export const recipes: ReadonlyMap<string, (words: Members) => unknown> = new Map<
  string,
  (words: Members) => unknown
>([
  ["text", makeText],
  ["join", (words) => listOf(words.get("parts")).map(make).join("")],
  ["surrogate", (words) => String.fromCharCode(countOf(words.get("unit")))],
  ["number", (words) => Number(words.get("value"))],
  ["integer", (words) => BigInt(textOf(words.get("digits")))],
  ["power-of-ten", (words) => 10n ** BigInt(countOf(words.get("exponent")))],
  ["deep", makeDeep],
  ["cyclic", makeCyclic],
  ["members", makeMembers],
  ["map", (words) => new Map(listOf(words.get("pairs")).map(makePair))],
  ["bytes", makeBytes],
  ["set", (words) => new Set(listOf(words.get("items")).map(make))],
  ["object", (words) => new Thing(textOf(words.get("describes")))],
]);
