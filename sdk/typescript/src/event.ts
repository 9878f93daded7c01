/** Events: the fields of one line, cut by the limits of a round. */

import { types } from "node:util";

import {
  ERROR_BYTES,
  ERROR_HEAD_BYTES,
  INTEGER_MAX,
  LINE_BYTES,
  MEMBERS,
  NAME_BYTES,
  VALUE_BYTES,
} from "./contract.js";
import { cut, cutMiddle, quote } from "./text.js";
import { type Captured, capture, captureName, keysOf, numberText, read } from "./values.js";

/** The limits that one event is built with, in bytes. */
export interface Limits {
  readonly value: number;
  readonly name: number;
  readonly error: number;
  readonly errorHead: number;
}

/** The limits, halved again for each round (`value.line`). The last ones always fit. */
export const ROUNDS: readonly [Limits, ...Limits[]] = [
  halved(0),
  ...Array.from({ length: 8 }, (_, round) => halved(round + 1)),
];

function halved(times: number): Limits {
  return {
    value: VALUE_BYTES >> times,
    name: Math.min(NAME_BYTES, VALUE_BYTES >> times),
    error: ERROR_BYTES >> times,
    errorHead: ERROR_HEAD_BYTES >> times,
  };
}

/** Builds the fields of an event within these limits. */
export type Build = (limits: Limits) => string;

/** The members of tags or fields, taken when they were given. */
export interface Members {
  readonly kept: readonly (readonly [key: Captured, value: Captured])[];
  /** How many were given. */
  readonly total: number;
}

/** Tags or fields as user code gives them; members that are undefined were not given. */
export type Attributes = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

/** Takes the members that are sent. */
export function captureMembers(given: Attributes): Members {
  const kept: [Captured, Captured][] = [];
  let total = 0;
  for (const [key, value] of membersOf(given)) {
    if (value === undefined) continue;
    total++;
    if (kept.length < MEMBERS) kept.push([captureName(key), capture(value, 3)]);
  }
  return { kept, total };
}

/** The members of tags or fields, whatever their getters do. */
export function membersOf(given: Attributes): Iterable<readonly [unknown, unknown]> {
  return types.isMap(given) ? given : keysOf(given).map((key) => [key, read(given, key)]);
}

/** The fields of one event, each with a comma before it but the first (`value.announced`). */
export class Body {
  #text = "";
  readonly #cuts = new Map<string, number>();

  constructor(readonly limits: Limits) {}

  /** Adds what needs no cutting: `"name":value`. */
  fixed(text: string): this {
    this.#text += this.#text === "" ? text : `,${text}`;
    return this;
  }

  name(field: string, captured: Captured): this {
    return this.fixed(`"${field}":${quote(this.#cutTo(this.limits.name, field, captured))}`);
  }

  value(field: string, captured: Captured | undefined): this {
    return captured === undefined
      ? this
      : this.fixed(`"${field}":${this.#valueText(field, captured)}`);
  }

  error(captured: Captured | undefined): this {
    if (captured === undefined) return this;
    let text = captured.text;
    if (captured.size > this.limits.error) {
      text = cutMiddle(text, this.limits.error, this.limits.errorHead);
      this.#announce("error", captured.size);
    }
    return this.fixed(`"error":${quote(text)}`);
  }

  members(field: string, { kept, total }: Members): this {
    if (kept.length === 0) return this;
    const texts = new Map<string, string>();
    for (const [key, captured] of kept) {
      const name = key.size > this.limits.name ? cut(key.text, this.limits.name) : key.text;
      if (texts.has(name)) continue;
      const path = `${field}.${name}`;
      if (key.size > this.limits.name) this.#announce(path, key.size);
      texts.set(name, this.#valueText(path, captured));
    }
    if (texts.size < total) this.#announce(field, total);
    return this.fixed(`"${field}":{${joined(texts)}}`);
  }

  toString(): string {
    if (this.#cuts.size === 0) return this.#text;
    return `${this.#text},"truncated":{${joined(this.#cuts)}}`;
  }

  #valueText(path: string, captured: Captured): string {
    const { text, isString, isContainer, size } = captured;
    const mayBeCut = isString || isContainer;
    if (mayBeCut && size > this.limits.value) {
      return quote(this.#cutTo(this.limits.value, path, captured));
    }
    return isString ? quote(text) : text;
  }

  #cutTo(limit: number, path: string, { text, size }: Captured): string {
    if (size <= limit) return text;
    this.#announce(path, size);
    return cut(text, limit);
  }

  #announce(path: string, size: number): void {
    this.#cuts.set(path, Math.max(size, this.#cuts.get(path) ?? 0));
  }
}

function joined(members: ReadonlyMap<string, string | number>): string {
  return Array.from(members, ([name, text]) => `${quote(name)}:${String(text)}`).join(",");
}

// The quick path: most events hold a few short scalars, which need no cutting. As a unit of
// UTF-16 takes three bytes at most, a text of so many units surely fits.

const QUICK_VALUE_UNITS = Math.floor(VALUE_BYTES / 3);
const QUICK_NAME_UNITS = Math.floor(NAME_BYTES / 3);
const QUICK_UNITS = Math.floor(LINE_BYTES / 6);

/** The JSON text of a short scalar, or undefined. */
export function quickScalar(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value.length <= QUICK_VALUE_UNITS ? quote(value) : undefined;
    case "number":
      return value - value === 0 ? quickNumber(value) : undefined;
    case "boolean":
      return value ? "true" : "false";
    default:
      return value === null ? "null" : undefined;
  }
}

function quickNumber(value: number): string {
  return value <= INTEGER_MAX && value >= -INTEGER_MAX ? `${value}` : numberText(value);
}

/** The JSON text of a short name, or undefined. */
export function quickName(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "" || name.length > QUICK_NAME_UNITS) return undefined;
  // Two names that are mended may become alike.
  return name.isWellFormed() ? quote(name) : undefined;
}

/** A field of short scalars with a comma before it, "" for none, or undefined. */
export function quickMembers(field: string, given: Attributes | undefined): string | undefined {
  if (given === undefined) return "";
  if (types.isMap(given)) return undefined;
  const keys = Object.keys(given);
  if (keys.length === 0) return "";
  if (keys.length > MEMBERS) return undefined;
  let text = `,"${field}":`;
  let mark = "{";
  for (const key of keys) {
    const name = quickName(key);
    const scalar = quickScalar(given[key]);
    if (name === undefined || scalar === undefined) return undefined;
    text += `${mark}${name}:${scalar}`;
    mark = ",";
  }
  return text.length > QUICK_UNITS ? undefined : `${text}}`;
}
