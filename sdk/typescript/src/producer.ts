/** This process on its connection: numbers events and sends each as a whole line. */

import { Clock } from "./clock.js";
import { type Connection, connect, transmit } from "./connection.js";
import { ENV_PARENT, ENV_SOCKET, LINE_BYTES, PROTOCOL, WAIT_MS } from "./contract.js";
import { type Build, ROUNDS } from "./event.js";
import { Ids, isId } from "./ids.js";
import { type Introduction, type Shared, State } from "./shared.js";

export const VERSION = "1.0.0";

/** Frames of stack that a call needs while it holds the lock, and some more. */
const FRAMES = 24;

/** Whether others know of the span's end: a flag that they share, under the lock. */
export type EndFlag = Int32Array;

/** One event on its way: the beginning of its line, its fields, and how to build them shorter. */
export interface Event {
  /** `{"type":"span_start"` */
  readonly head: string;
  readonly fields: string;
  readonly build?: Build | undefined;
  /** The flag of the span, if threads share it; `isEnd` sets it. */
  readonly flag?: EndFlag | undefined;
  readonly isEnd?: boolean;
}

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
  readonly #clock: Clock;
  readonly #introduction: string;
  /** As a unit of UTF-16 takes three bytes at most, a line of LINE_BYTES units fits. */
  readonly #bytes = Buffer.allocUnsafeSlow(LINE_BYTES * 3);

  /** @param connection in the thread that made it */
  constructor(shared: Shared, connection?: Connection) {
    const introduction = shared.introduction;
    this.#shared = shared;
    this.#connection = connection;
    this.#clock = new Clock(shared.anchor);
    this.#introduction = `,"producer":${describe(introduction)}`;
    this.rootParent = introduction.rootParent;
  }

  get isDead(): boolean {
    return this.#shared.state !== State.open;
  }

  newId(): string {
    return this.#ids.next();
  }

  /** Sends a line, or drops it; when this returns the kernel has all of it or nothing. */
  send(event: Event): void {
    const shared = this.#shared;
    spare(FRAMES); // to run out of stack later would leave a line torn
    let deadline: number | undefined;
    if (!shared.tryLock()) {
      deadline = performance.now() + WAIT_MS;
      if (!shared.lockBefore(deadline)) return;
    }
    try {
      this.#write(event, deadline);
    } catch {
      this.#die(); // the connection is gone
    } finally {
      shared.unlock();
    }
  }

  #write(event: Event, deadline: number | undefined): void {
    const shared = this.#shared;
    if (this.isDead || isOver(event)) return;
    const head = `${event.head},"seq":${String(shared.nextSequence())},"ts_ms":${this.#clock.text()},`;
    const tail = shared.isIntroduced ? "}\n" : `${this.#introduction}}\n`;
    const length = this.#encode(head, event, tail);
    const fate = transmit(shared, this.#bytes, length, deadline);
    if (fate === "sent") shared.isIntroduced = true;
    else if (fate === "torn") this.#die();
  }

  /** Encodes the line in bytes that fit (`value.line`), and says how many there are. */
  #encode(head: string, { fields, build }: Event, tail: string): number {
    let line = head + fields + tail;
    for (let round = 1; ; round++) {
      const length = line.length > LINE_BYTES ? Infinity : this.#bytes.write(line);
      const limits = ROUNDS[round];
      if (length <= LINE_BYTES || build === undefined || limits === undefined) return length;
      line = head + build(limits) + tail;
    }
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

/** Whether the event's span has ended, in whichever thread. */
function isOver({ flag, isEnd }: Event): boolean {
  if (flag === undefined) return false;
  return isEnd === true ? Atomics.exchange(flag, 0, 1) !== 0 : Atomics.load(flag, 0) !== 0;
}

/** Throws a RangeError here and now if there is no room for so many frames. */
function spare(frames: number): number {
  return frames === 0 ? 0 : spare(frames - 1) + 1;
}
