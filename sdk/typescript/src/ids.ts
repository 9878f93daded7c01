/** Ids: 64 bits in lower-case hex, never used twice. */

import { randomFillSync } from "node:crypto";

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const STEP = 0x9e3779b9; // odd, so that its multiples run through all numbers of 32 bits

function hex(number: number): string {
  const at = (shift: number): string => BYTES[(number >>> shift) & 0xff] ?? "";
  return at(24) + at(16) + at(8) + at(0);
}

/** A random number of 32 bits that is not zero. */
function random(): number {
  const [number = 0] = randomFillSync(new Uint32Array(1));
  return number === 0 ? random() : number;
}

/** Makes ids: a random half, and a half that runs through all its numbers from a random one. */
export class Ids {
  #high = hex(random());
  #next = random();
  #left = 0x1_0000_0000;

  next(): string {
    if (this.#left-- === 0) {
      this.#high = hex(random());
      this.#left = 0x1_0000_0000 - 1;
    }
    this.#next = (this.#next + STEP) | 0;
    return this.#high + hex(this.#next);
  }
}

/** Whether a text is an id. */
export function isId(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{16}$/.test(text) && text !== "0".repeat(16);
}
