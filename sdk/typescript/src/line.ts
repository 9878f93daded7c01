/** One line of JSON in bytes: the fields that each event has, then its own. */

import { LINE_BYTES } from "./contract.js";

/** The beginning of a line, up to its number. */
export type Head = Uint8Array;

export function headOf(type: string): Head {
  return Buffer.from(`{"type":"${type}","seq":`);
}

const TIME = Buffer.from(',"ts_ms":');
const HEAD_BYTES = 128;
const BILLION = 1_000_000_000;
const ZERO = 0x30;
const [POINT, COMMA, BRACE, LF] = Buffer.from(".,}\n") as unknown as [
  number,
  number,
  number,
  number,
];

/** Bytes that are used again for each line. Digits are written by hand, which is fastest. */
export class Line {
  /** As a unit of UTF-16 takes three bytes at most, fields of LINE_BYTES units fit. */
  readonly bytes = Buffer.allocUnsafeSlow(HEAD_BYTES + LINE_BYTES * 3);
  #at = 0;

  /**
   * Begins a line.
   * @param sequence the event's number
   * @param us when it happened, in microseconds since the Unix epoch
   */
  begin(head: Head, sequence: number, us: number): void {
    this.#at = 0;
    this.#put(head);
    if (sequence < BILLION) this.#digits(sequence, widthOf(sequence));
    else this.#text(String(sequence));
    this.#put(TIME);
    const second = Math.floor(us / 1_000_000);
    if (second >= 10) this.#time(second, us - second * 1_000_000);
    else this.#text((us / 1000).toFixed(3)); // so short after 1970
    this.bytes[this.#at++] = COMMA;
  }

  #time(second: number, us: number): void {
    const ms = Math.floor(us / 1000);
    this.#digits(Math.floor(second / 10), widthOf(second / 10)); // so that 32 bits hold it
    this.#digits(second % 10, 1);
    this.#digits(ms, 3);
    this.bytes[this.#at++] = POINT;
    this.#digits(us - ms * 1000, 3);
  }

  /**
   * Completes the line with these fields, in place of those of an earlier call.
   * @param more fields that come after all others, with a comma before them
   * @returns its bytes; of a line that is surely too long, more than it may have
   */
  complete(fields: string, more: string): number {
    const { bytes } = this;
    if (fields.length + more.length > LINE_BYTES) return Infinity;
    let at = this.#at + bytes.write(fields, this.#at);
    if (more !== "") at += bytes.write(more, at);
    bytes[at++] = BRACE;
    bytes[at++] = LF;
    return at;
  }

  #put(text: Uint8Array): void {
    this.bytes.set(text, this.#at);
    this.#at += text.length;
  }

  #text(text: string): void {
    this.#at += this.bytes.write(text, this.#at);
  }

  #digits(number: number, width: number): void {
    const { bytes } = this;
    let left = number | 0;
    for (let at = this.#at + width - 1; at >= this.#at; at--) {
      const rest = (left / 10) | 0;
      bytes[at] = ZERO + left - rest * 10;
      left = rest;
    }
    this.#at += width;
  }
}

/** How many digits a whole part below a billion has. */
function widthOf(number: number): number {
  let width = 1;
  for (let bound = 10; number >= bound; bound *= 10) width++;
  return width;
}
