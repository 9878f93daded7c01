/**
 * What a span costs beside the two writes that it cannot do without.
 *
 *     HERO_FLOW_SPAN_SOCK=/path node dist/bench/ratio.js --spans 20000 --rounds 10
 *
 * One JSON line a round: nanoseconds of processor time per span, ours and theirs. Ours is a child
 * span with two tags; theirs are the very same two lines, written to a second connection.
 */

import { once } from "node:events";
import { writeSync } from "node:fs";
import { connect } from "node:net";
import { parseArgs } from "node:util";

import { span, step } from "../src/index.js";

const { values } = parseArgs({
  options: {
    spans: { type: "string", default: "20000" },
    rounds: { type: "string", default: "10" },
  },
});
const path = process.env["HERO_FLOW_SPAN_SOCK"] ?? "";
const socket = connect({ path });
await once(socket, "connect");
const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;

const START = Buffer.from(
  '{"type":"span_start","seq":12345,"ts_ms":1767225600000.412,"span_id":"00f067aa0ba902b7",' +
    '"parent_span_id":"4bf92f3577b34da6","name":"load","kind":"span","tags":{"day":"2026-01-01","rows":1208}}\n',
);
const END = Buffer.from(
  '{"type":"span_end","seq":12345,"ts_ms":1767225600000.412,"span_id":"00f067aa0ba902b7","status":"ok"}\n',
);

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Writes a line; while the reader has not made room it waits, as the SDK does. */
function write(line: Buffer): void {
  for (;;) {
    try {
      writeSync(fd, line, 0, line.length);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

function ours(spans: number): void {
  for (let count = 0; count < spans; count++) {
    span("load", { day: "2026-01-01", rows: 1208 }, () => undefined);
  }
}

function theirs(spans: number): void {
  for (let count = 0; count < spans; count++) {
    write(START);
    write(END);
  }
}

/** Nanoseconds of processor time per span. */
function costOf(work: (spans: number) => void, spans: number): number {
  const before = process.cpuUsage();
  work(spans);
  const { user, system } = process.cpuUsage(before);
  return Math.round(((user + system) * 1000) / spans);
}

const spans = Number(values.spans);
step("bench", () => {
  costOf(ours, spans); // until the code is compiled
  costOf(theirs, spans);
  for (let round = 0; round < Number(values.rounds); round++) {
    const costs = { ours_ns: costOf(ours, spans), theirs_ns: costOf(theirs, spans) };
    process.stdout.write(`${JSON.stringify(costs)}\n`);
  }
});
socket.destroy();
