/** This process on its connection: numbers events and sends each as a whole line. */

import { nowUs } from "./clock.js";
import { type Connection, connect, transmit } from "./connection.js";
import { ENV_PARENT, ENV_SOCKET, LINE_BYTES, PROTOCOL, WAIT_MS } from "./contract.js";
import { type Build, ROUNDS } from "./event.js";
import { Ids, isId } from "./ids.js";
import { type Head, headOf, Line } from "./line.js";
import { type Introduction, type Shared, State } from "./shared.js";

export const VERSION = "1.0.0";

/** Frames of stack that a call needs while it holds the lock, and some more. */
const FRAMES = 16;

/** How the line of an end begins. */
export const END = headOf("span_end");

/** Whether others know of the span's end: a flag that they share, under the lock. */
export type EndFlag = Int32Array;

/** Connects this process, and tells its threads how. */
export function openConnection(shared: Shared): Connection | undefined {
  const connection = connect(process.env[ENV_SOCKET]);
  if (connection === undefined) {
    shared.turnOff();
    return undefined;
  }
  const parent = process.env[ENV_PARENT];
  const rootParent = isId(parent) ? parent : null;
  const introduction = { producer: new Ids().next(), rootParent };
  shared.open(connection.descriptor, connection.identity, introduction);
  return connection;
}

/** How a thread sends on the connection of its process. */
export class Producer {
  readonly rootParent: string | null;
  readonly #shared: Shared;
  readonly #connection: Connection | undefined;
  readonly #ids = new Ids();
  readonly #anchor: number;
  readonly #introduction: string;
  readonly #line = new Line();

  /** @param connection in the thread that made it */
  constructor(shared: Shared, connection?: Connection) {
    const introduction = shared.introduction;
    this.#shared = shared;
    this.#connection = connection;
    this.#anchor = shared.anchor;
    this.#introduction = `,"producer":${describe(introduction)}`;
    this.rootParent = introduction.rootParent;
  }

  get isDead(): boolean {
    return this.#shared.state !== State.open;
  }

  newId(): string {
    return this.#ids.next();
  }

  /**
   * Sends a line, or drops it; when this returns the kernel has all of it or nothing.
   * @param fields the fields after those that each event has
   * @param build builds the fields within other limits, if they may be too long for a line
   * @param flag what threads share of the span, if they do; its end sets it
   */
  send(head: Head, fields: string, build?: Build, flag?: EndFlag): void {
    const shared = this.#shared;
    if (!hasRoom()) {
      this.drop();
      return;
    }
    let deadline: number | undefined;
    if (!shared.tryLock()) {
      deadline = performance.now() + WAIT_MS;
      if (!shared.lockBefore(deadline)) return;
    }
    try {
      if (flag === undefined || !isOver(flag, head)) this.#write(head, fields, build, deadline);
    } catch {
      this.#die(); // the connection is gone
    } finally {
      shared.unlock();
    }
  }

  /** Counts a line that could not be built or sent. */
  drop(): void {
    this.#shared.skip();
  }

  #write(head: Head, fields: string, build?: Build, deadline?: number): void {
    const shared = this.#shared;
    if (this.isDead) return;
    const line = this.#line;
    line.begin(head, shared.nextSequence(), nowUs(this.#anchor));
    const more = shared.isIntroduced ? "" : this.#introduction;
    let length = line.complete(fields, more);
    for (let round = 1; length > LINE_BYTES && build !== undefined; round++) {
      const limits = ROUNDS[round];
      if (limits === undefined) return;
      length = line.complete(build(limits), more);
    }
    const fate = transmit(shared, line.bytes, length, deadline);
    if (fate === "sent") shared.isIntroduced = true;
    else if (fate === "torn") this.#die();
  }

  /** Is off for good (`sdk.vanished`, `sdk.foreign-descriptor`). */
  #die(): void {
    this.#shared.turnOff();
    this.letGo();
  }

  /** Leaves the connection, in the thread that made it. */
  letGo(): void {
    this.#connection?.letGo();
  }
}

function describe({ producer }: Introduction): string {
  const pid = String(process.pid);
  const version = `"version":"${VERSION}","protocol":${String(PROTOCOL)}`;
  return `{"id":"${producer}","sdk":"typescript",${version},"pid":${pid}}`;
}

/** Whether the span has ended, in whichever thread. */
function isOver(flag: EndFlag, head: Head): boolean {
  return head === END ? Atomics.exchange(flag, 0, 1) !== 0 : Atomics.load(flag, 0) !== 0;
}

/** Whether there is stack enough: to run out of it later could leave a line torn. */
function hasRoom(): boolean {
  try {
    return descend(FRAMES) === 0;
  } catch {
    return false;
  }
}

function descend(frames: number): number {
  return frames === 0 ? 0 : descend(frames - 1) * 2;
}
