/** The dialogue with the suite, on descriptors that the SDK and the script do not print on. */

import { fstatSync, readSync, writeSync } from "node:fs";

import { AdapterBroken, isMembers, type Members, members, parse, write } from "./words.js";

const IN = 3;
const OUT = 4;
const PRINTED = 5;
const PRINTED_BYTES = 4096;
const CHUNK = Buffer.alloc(64 * 1024);
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** The next line, or undefined at the end. The suite says one at a time. */
export function hear(): Members | undefined {
  const chunks: Buffer[] = [];
  for (;;) {
    const read = patiently(() => readSync(IN, CHUNK));
    if (read === 0) return undefined;
    chunks.push(Buffer.from(CHUNK.subarray(0, read)));
    if (CHUNK[read - 1] === 0x0a) break;
  }
  const words = parse(Buffer.concat(chunks).toString("utf8"));
  return isMembers(words) ? words : undefined;
}

export function say(answer: Members): void {
  const bytes = Buffer.from(`${write(answer)}\n`);
  for (let sent = 0; sent < bytes.length;) {
    const from = sent;
    sent += patiently(() => writeSync(OUT, bytes, from));
  }
}

/** Pipes may not be ready at once. */
function patiently(act: () => number): number {
  for (;;) {
    try {
      return act();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

/** Says that a checkpoint is reached, and waits; one thread at a time. */
export function checkpoint(id: string, name: string, turn: Int32Array): void {
  while (Atomics.compareExchange(turn, 0, 0, 1) !== 0) Atomics.wait(turn, 0, 1);
  say(members({ id, at: name }));
  const word = hear();
  Atomics.store(turn, 0, 0);
  Atomics.notify(turn, 0, 1);
  if (word?.get("cmd") !== "go" || word.get("id") !== id) {
    throw new AdapterBroken(`expected go for ${id} at ${name}`);
  }
}

let printedBefore = 0;

/** What was printed since the last time, cut to a bounded size. */
export function takePrinted(): string {
  const { size } = fstatSync(PRINTED);
  const bytes = Buffer.alloc(Math.min(size - printedBefore, PRINTED_BYTES));
  if (bytes.length > 0) readSync(PRINTED, bytes, 0, bytes.length, printedBefore);
  printedBefore = size;
  return bytes.toString("utf8");
}
