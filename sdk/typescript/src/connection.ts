/** The connection to the collector: a descriptor that lines are written to, each at once. */

import { type Stats, fstatSync, writeSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";

import { WAIT_MS } from "./contract.js";
import type { Identity, Shared } from "./shared.js";

/** Bytes of a socket's address, without the NUL at its end. */
const PATH_BYTES = process.platform === "linux" ? 107 : 103;
const POLL_MS = 1;
const NOTHING = Buffer.alloc(0);
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** A connection that this thread has made and keeps open. */
export interface Connection {
  readonly descriptor: number;
  readonly identity: Identity;
  /** Closes it, unless its descriptor serves something else by now. */
  letGo(): void;
}

/**
 * Connects in one attempt, or says nothing.
 *
 * libuv calls connect(2) at once, so that the descriptor can be written to before the event loop
 * turns. The socket is never read from and holds up no event loop: it keeps the descriptor open.
 */
export function connect(path: string | undefined): Connection | undefined {
  if (path === undefined || !isUsable(path)) return undefined;
  const socket = connectSocket({ path }).on("error", ignore).pause().unref();
  const descriptor = descriptorOf(socket);
  try {
    if (descriptor === undefined) throw new Error("this runtime tells no descriptor");
    writeSync(descriptor, NOTHING); // fails if it is not connected
    const identity = fstatSync(descriptor);
    return {
      descriptor,
      identity,
      letGo: () => {
        letGo(socket, descriptor, identity);
      },
    };
  } catch {
    socket.destroy();
    return undefined;
  }
}

function ignore(): void {
  // Whatever becomes of the connection, a write will tell.
}

function isUsable(path: string): boolean {
  return path.startsWith("/") && !path.includes("\0") && Buffer.byteLength(path) <= PATH_BYTES;
}

function descriptorOf(socket: Socket): number | undefined {
  const descriptor = (socket as { _handle?: { fd?: unknown } | null })._handle?.fd;
  return typeof descriptor === "number" && descriptor >= 0 ? descriptor : undefined;
}

function letGo(socket: Socket, descriptor: number, identity: Identity): void {
  // Otherwise the socket is left as it is, for to destroy it would close the descriptor.
  if (isSame(statOf(descriptor), identity)) socket.destroy();
}

function statOf(descriptor: number): Stats | undefined {
  try {
    return fstatSync(descriptor);
  } catch {
    return undefined; // it was closed
  }
}

function isSame(found: Identity | undefined, expected: Identity): boolean {
  return found?.dev === expected.dev && found.ino === expected.ino;
}

/** What became of a line: a torn one cannot be completed. */
export type Fate = "sent" | "dropped" | "torn";

/**
 * Writes `bytes[0..length]` whole or not at all, if that can be done within the time that a call
 * may wait (`sdk.bounded`). The lock must be held.
 * @param deadline a time of `performance.now()`; by default it begins when there is a stall
 * @throws if the connection is gone, or its descriptor serves something else
 */
export function transmit(
  shared: Shared,
  bytes: Buffer,
  length: number,
  deadline: number | undefined,
): Fate {
  const descriptor = shared.descriptor;
  if (!shared.isStill(fstatSync(descriptor))) return "torn";
  let sent = write(descriptor, bytes, 0, length);
  if (sent < length && !(sent === 0 && shared.isStalled)) {
    sent = wait(descriptor, bytes, sent, length, deadline ?? performance.now() + WAIT_MS);
  }
  shared.isStalled = sent === 0;
  return sent === length ? "sent" : sent === 0 ? "dropped" : "torn";
}

function wait(
  descriptor: number,
  bytes: Buffer,
  already: number,
  length: number,
  deadline: number,
): number {
  let sent = already;
  while (sent < length && performance.now() < deadline) {
    Atomics.wait(sleeper, 0, 0, POLL_MS);
    sent += write(descriptor, bytes, sent, length - sent);
  }
  return sent;
}

/** How many bytes the kernel took at once. */
function write(descriptor: number, bytes: Buffer, offset: number, length: number): number {
  try {
    return writeSync(descriptor, bytes, offset, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
