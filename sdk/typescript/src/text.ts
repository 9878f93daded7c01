/** Texts: well-formed, measured in bytes of UTF-8, cut on code points, quoted as JSON. */

import { MEASURED_BYTES } from "./contract.js";

const CUT_MARK = "\n...\n";

const stringify = JSON.stringify; // taken at once: a program may replace it later
const encoder = new TextEncoder();
const scratch = new Uint8Array(MEASURED_BYTES);

/** Replaces each surrogate that is without its other half (`value.surrogates`). */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** Bytes of a well-formed text in UTF-8, as far as they are measured (`limit.measured`). */
export function measure(text: string): number {
  if (text.length >= MEASURED_BYTES) return MEASURED_BYTES;
  return Math.min(Buffer.byteLength(text), MEASURED_BYTES);
}

/** The longest prefix of at most `limit` bytes that ends on a code point (`value.cut`). */
export function cut(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text;
  // A pair that this slice splits does not fit: each unit before it takes a byte at least.
  const head = text.slice(0, limit);
  return head.slice(0, encoder.encodeInto(head, scratch.subarray(0, limit)).read);
}

/** The longest suffix of at most `limit` bytes that begins on a code point. */
function cutFront(text: string, limit: number): string {
  const bytes = Buffer.from(text.slice(-limit));
  let start = Math.max(bytes.length - limit, 0);
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString("utf8", start);
}

/** The head and the tail of an error (`value.error`). */
export function cutMiddle(text: string, limit: number, headLimit: number): string {
  const head = cut(text, headLimit);
  return head + CUT_MARK + cutFront(text, limit - Buffer.byteLength(head) - CUT_MARK.length);
}

const PLAIN = /^[ !#-[\]-~]*$/;

/** A JSON string, with no escapes but those that JSON demands (`value.structured`). */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : stringify(wellFormed(text));
}
