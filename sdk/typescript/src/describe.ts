/** Readable texts of bounded size for what JSON cannot hold (`value.other`). */

import { types } from "node:util";

import { VALUE_BYTES } from "./contract.js";
import { wellFormed } from "./text.js";

const everybodys: unknown = Reflect.get(Object.prototype, "toString");

/** A readable text for an object; it may run the object's own toString, and survives it. */
export function describe(value: object): string {
  try {
    return bounded(describeObject(value));
  } catch {
    return describeFailure(value);
  }
}

export function describeFailure(value: object): string {
  return `<${typeName(value)} that cannot describe itself>`;
}

export function describeFunction(value: object): string {
  return `[Function ${nameOf(value) ?? "(anonymous)"}]`;
}

/** The name of a value's class, or of a primitive's type. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  try {
    return nameOf(value.constructor) ?? "Object";
  } catch {
    return "Object"; // a getter or a proxy may throw
  }
}

/** A function's name, if it has one that is a text. */
export function nameOf(value: unknown): string | undefined {
  const name: unknown = typeof value === "function" ? value.name : undefined;
  return typeof name === "string" && name !== "" ? bounded(name) : undefined;
}

function bounded(text: string): string {
  return wellFormed(text.length > VALUE_BYTES ? text.slice(0, VALUE_BYTES) : text);
}

function describeObject(value: object): string {
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return describeBytes(value);
  if (types.isSet(value)) return describeItems(`Set(${String(value.size)})`, value);
  if (types.isNativeError(value)) return String(value);
  const own = describedByItself(value);
  return own ?? describeMembers(value);
}

/** What toString gives, unless it is everybody's. */
function describedByItself(value: object): string | undefined {
  const toText: unknown = Reflect.get(value, "toString");
  if (typeof toText !== "function" || toText === everybodys) return undefined;
  const text: unknown = Reflect.apply(toText, value, []);
  return typeof text === "string" ? text : undefined;
}

function describeBytes(value: ArrayBufferView | ArrayBufferLike): string {
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? value.buffer : value;
  const shown = Math.min(value.byteLength, VALUE_BYTES / 2);
  const bytes = Buffer.from(buffer, isView ? value.byteOffset : 0, shown);
  return `${typeName(value)}(${String(value.byteLength)} bytes) ${bytes.toString("hex")}`;
}

function describeItems(name: string, items: Iterable<unknown>): string {
  let text = "";
  for (const item of Set.prototype.values.call(items)) {
    text += `${text === "" ? "" : ", "}${describeShortly(item)}`;
    if (text.length > VALUE_BYTES) break;
  }
  return `${name} {${text}}`;
}

function describeMembers(value: object): string {
  let text = "";
  for (const [key, member] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    if (member.enumerable !== true || !("value" in member)) continue;
    text += `${text === "" ? "" : ", "}${bounded(key)}: ${describeShortly(member.value)}`;
    if (text.length > VALUE_BYTES) break;
  }
  return `${typeName(value)} {${text}}`;
}

/** What lies within: primitives as they are, and of objects no more than the type. */
function describeShortly(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `'${bounded(value)}'`;
    case "object":
      return value === null ? "null" : `[${typeName(value)}]`;
    case "function":
      return describeFunction(value);
    case "bigint":
      return `${bounded(value.toString(16))}n`;
    default:
      return String(value);
  }
}
