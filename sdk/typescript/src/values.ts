/** Values: what JSON can hold, as text of a bounded size. */

import { types } from "node:util";

import { DEPTH, INTEGER_MAX, MEASURED_BYTES } from "./contract.js";
import { describe, describeFailure, describeFunction } from "./describe.js";
import { measure, quote, wellFormed } from "./text.js";

/** A value as it was when given: the raw text of a string, or JSON text. */
export interface Captured {
  readonly text: string;
  /** Whether `text` is that of a string, not yet quoted. */
  readonly isString: boolean;
  /** Whether `text` is that of an array or object. */
  readonly isContainer: boolean;
  /** Bytes of `text`, as far as they are measured. */
  readonly size: number;
}

type Scalar = Pick<Captured, "text" | "isString">;

const NULL: Scalar = { text: "null", isString: false };
const TRUE: Scalar = { text: "true", isString: false };
const FALSE: Scalar = { text: "false", isString: false };
const DESCRIBED_DIGITS = 4300n;

/**
 * Takes a value now, since its owner may change it later.
 * @param depth how many objects and arrays it will lie within, and itself
 */
export function capture(value: unknown, depth: number): Captured {
  const plain = convert(value);
  if (!isHolder(plain)) return { ...plain, isContainer: false, size: measure(plain.text) };
  const writer = new Writer();
  writer.holder(plain, depth);
  const text = writer.text;
  return { text, isString: false, isContainer: true, size: measure(text) };
}

/** Takes a text, such as a message. */
export function captureText(value: unknown): Captured {
  const plain = convert(value);
  const text = isHolder(plain) ? capture(plain.value, 1).text : plain.text;
  return { text, isString: true, isContainer: false, size: measure(text) };
}

/** Takes the name of a span, a tag or a field. */
export function captureName(value: unknown): Captured {
  const captured = captureText(value);
  return captured.text === "" ? captureText("unnamed") : captured;
}

/** Takes an error's text: the whole of it, since its end is kept. */
export function captureError(text: string): Captured {
  const whole = wellFormed(text);
  return { text: whole, isString: true, isContainer: false, size: measure(whole) };
}

/** The text of a string, with at least as much of it as is measured. */
function stringOf(text: string): Scalar {
  const enough = text.length > MEASURED_BYTES ? text.slice(0, MEASURED_BYTES + 1) : text;
  return { text: wellFormed(enough), isString: true };
}

/** A finite number is a number, also where it is whole: a double may have no other digits. */
export function numberText(value: number): string {
  const isLarge = value > INTEGER_MAX || value < -INTEGER_MAX;
  return isLarge ? value.toExponential() : String(value);
}

function numberOf(value: number): Scalar {
  if (Number.isFinite(value)) return { text: numberText(value), isString: false };
  return { text: String(value), isString: true };
}

let tooManyDigits: bigint | undefined;

function integerOf(value: bigint): Scalar {
  if (value >= -INTEGER_MAX && value <= INTEGER_MAX) {
    return { text: String(value), isString: false };
  }
  tooManyDigits ??= 10n ** DESCRIBED_DIGITS;
  const isLong = value >= tooManyDigits || value <= -tooManyDigits;
  const text = isLong ? `<integer of more than ${String(DESCRIBED_DIGITS)} digits>` : String(value);
  return { text, isString: true };
}

/** An array or object that JSON can hold, and how to read it. */
interface Holder {
  readonly value: object;
  readonly shape: "array" | "object" | "map";
}

function isHolder(plain: Scalar | Holder): plain is Holder {
  return "shape" in plain;
}

function convert(value: unknown): Scalar | Holder {
  switch (typeof value) {
    case "string":
      return stringOf(value);
    case "number":
      return numberOf(value);
    case "boolean":
      return value ? TRUE : FALSE;
    case "undefined":
      return NULL;
    case "bigint":
      return integerOf(value);
    case "symbol":
      return stringOf(String(value));
    case "function":
      return stringOf(describeFunction(value));
    case "object":
      return value === null ? NULL : convertObject(value);
  }
}

function convertObject(value: object): Scalar | Holder {
  try {
    if (Array.isArray(value)) return { value, shape: "array" };
    if (types.isMap(value)) return { value, shape: "map" };
    const said = saidAsJson(value);
    if (said !== value) return convertSaid(said);
    if (isPlain(value)) return { value, shape: "object" };
  } catch {
    return stringOf(describeFailure(value));
  }
  return stringOf(describe(value));
}

/** What an object says with toJSON, as `JSON.stringify` asks it, or the object itself. */
function saidAsJson(value: object): unknown {
  if (ArrayBuffer.isView(value)) return value; // a Buffer says a list of numbers
  const toJson = (value as { toJSON?: unknown }).toJSON;
  if (typeof toJson !== "function") return value;
  const said: unknown = toJson.call(value, "");
  return said === null && types.isDate(value) ? "Invalid Date" : said;
}

/** What was said is not asked again. */
function convertSaid(said: unknown): Scalar | Holder {
  if (typeof said !== "object" || said === null) return convert(said);
  if (Array.isArray(said)) return { value: said, shape: "array" };
  if (types.isMap(said)) return { value: said, shape: "map" };
  return isPlain(said) ? { value: said, shape: "object" } : stringOf(describe(said));
}

/** Whether it is an object and nothing more, also if it comes from another realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  const isLast = Object.getPrototypeOf(prototype) === null;
  return isLast && Object.hasOwn(prototype as object, "isPrototypeOf");
}

/** Writes compact JSON text of an array or object, and stops where nobody measures on. */
class Writer {
  text = "";
  readonly #parents: object[] = [];

  get #isFull(): boolean {
    return this.text.length >= MEASURED_BYTES;
  }

  value(value: unknown, depth: number): void {
    const plain = convert(value);
    if (isHolder(plain)) this.holder(plain, depth);
    else this.text += plain.isString ? quote(plain.text) : plain.text;
  }

  holder({ value, shape }: Holder, depth: number): void {
    if (depth > DEPTH || this.#parents.includes(value)) {
      this.text += shape === "array" ? '"[...]"' : '"{...}"';
      return;
    }
    this.#parents.push(value);
    if (shape === "array") this.#array(value as unknown[], depth);
    else if (shape === "map") this.#map(value as Map<unknown, unknown>, depth);
    else this.#object(value, depth);
    this.#parents.pop();
  }

  #array(items: unknown[], depth: number): void {
    this.text += "[";
    const length = read(items, "length");
    for (let index = 0; index < Number(length) && !this.#isFull; index++) {
      if (index > 0) this.text += ",";
      this.value(read(items, index), depth + 1);
    }
    this.text += "]";
  }

  #object(members: object, depth: number): void {
    this.text += "{";
    const keys = keysOf(members);
    // Two keys that are mended may become alike.
    const seen = keys.every((key) => key.isWellFormed()) ? undefined : new Set<string>();
    let isFirst = true;
    for (const key of keys) {
      if (this.#isFull) break;
      const value = read(members, key);
      const name = stringOf(key).text;
      if (value === undefined || seen?.has(name) === true) continue; // as JSON.stringify has it
      seen?.add(name);
      if (!isFirst) this.text += ",";
      isFirst = false;
      this.text += `${quote(name)}:`;
      this.value(value, depth + 1);
    }
    this.text += "}";
  }

  #map(members: Map<unknown, unknown>, depth: number): void {
    this.text += "{";
    const seen = new Set<string>();
    for (const [key, value] of Map.prototype.entries.call(members)) {
      if (this.#isFull) break;
      const name = keyText(key);
      if (value === undefined || seen.has(name)) continue;
      if (seen.size > 0) this.text += ",";
      seen.add(name);
      this.text += `${quote(name)}:`;
      this.value(value, depth + 1);
    }
    this.text += "}";
  }
}

/** A member, or a text in its place, for its getter may throw. */
export function read(holder: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(holder, key);
  } catch {
    return `<${String(key)} cannot be read>`;
  }
}

/** The names of an object's own members, in their order. */
export function keysOf(members: object): string[] {
  try {
    return Object.keys(members);
  } catch {
    return []; // a proxy may refuse
  }
}

/** A key as it is sent (`value.keys`). */
function keyText(key: unknown): string {
  return capture(key, 2).text;
}
