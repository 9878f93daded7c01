/**
 * What the threads of a process share: one connection, the numbers of its lines, and a lock.
 *
 * The main thread makes it, and workers find it in the environment data that they inherit.
 */

import {
  getEnvironmentData,
  isMainThread,
  setEnvironmentData,
  threadId,
} from "node:worker_threads";

import { WAIT_MS } from "./contract.js";
import { readAnchor } from "./clock.js";

/** Under which name workers find it. */
export const KEY = "hero-tracing/1";

/** Where the connection is in its life. */
export const State = { untried: 0, wanted: 1, open: 2, off: 3 } as const;
export type State = (typeof State)[keyof typeof State];

/** Words of 32 bits, which all threads change by atomic operations. */
const Word = { state: 0, lock: 1, isLockLost: 2, skipped: 3, isWantedInVain: 4 } as const;
/** Doubles, which the holder of the lock changes. */
const Double = { sequence: 0, anchor: 1, descriptor: 2, device: 3, inode: 4 } as const;
/** Flags, which the holder of the lock changes. */
const Flag = { introduced: 0, stalled: 1 } as const;
const WORDS = 16;
const DOUBLES = 8;
const FLAGS = 2;
const TEXT_BYTES = 128;

const FREE = 0;
const CONTENDED = 0x4000_0000;
const { add, compareExchange, exchange, load, notify, store, wait } = Atomics;

/** What stands at the end of a connection's first line, and the parent of its roots. */
export interface Introduction {
  readonly producer: string;
  readonly rootParent: string | null;
}

/** The file that a descriptor's number leads to: the number alone may come to serve another. */
export interface Identity {
  readonly dev: number;
  readonly ino: number;
}

export class Shared {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #flags: Uint8Array;
  readonly #texts: Buffer;

  private constructor(readonly memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#doubles = new Float64Array(memory, WORDS * 4, DOUBLES);
    this.#flags = new Uint8Array(memory, WORDS * 4 + DOUBLES * 8, FLAGS);
    this.#texts = Buffer.from(memory, WORDS * 4 + DOUBLES * 8 + FLAGS);
  }

  /** What this process shares; a worker finds nothing if its main thread does not trace. */
  static ofProcess(): Shared | undefined {
    const memory = getEnvironmentData(KEY);
    if (memory instanceof SharedArrayBuffer) return new Shared(memory);
    return isMainThread ? Shared.create() : undefined;
  }

  /** Makes it anew, for this process and the workers that it starts from now on. */
  static create(): Shared {
    const shared = new Shared(new SharedArrayBuffer(WORDS * 4 + DOUBLES * 8 + FLAGS + TEXT_BYTES));
    shared.#doubles[Double.anchor] = readAnchor();
    setEnvironmentData(KEY, shared.memory);
    return shared;
  }

  get anchor(): number {
    return this.#doubles[Double.anchor] ?? 0;
  }

  get descriptor(): number {
    return this.#doubles[Double.descriptor] ?? -1;
  }

  get state(): State {
    return load(this.#words, Word.state) as State;
  }

  /** Says once and for all that there is no connection, or no longer. */
  turnOff(): void {
    this.#become(State.off);
  }

  /** Says which connection there is. */
  open(descriptor: number, { dev, ino }: Identity, introduction: Introduction): void {
    this.#doubles.set([descriptor, dev, ino], Double.descriptor);
    this.#texts.write(JSON.stringify(introduction).padEnd(TEXT_BYTES));
    this.#become(State.open);
  }

  #become(state: State): void {
    store(this.#words, Word.state, state);
    notify(this.#words, Word.state);
  }

  get introduction(): Introduction {
    return JSON.parse(this.#texts.toString()) as Introduction;
  }

  isStill({ dev, ino }: Identity): boolean {
    return dev === this.#doubles[Double.device] && ino === this.#doubles[Double.inode];
  }

  /** In a worker: asks the main thread to connect, and waits for that at most once. */
  want(): State {
    const before = compareExchange(this.#words, Word.state, State.untried, State.wanted);
    if (before === State.untried) notify(this.#words, Word.state);
    const deadline = performance.now() + WAIT_MS;
    // The notice may wake another worker that waits: the state alone tells.
    while (this.state === State.wanted && load(this.#words, Word.isWantedInVain) === 0) {
      const left = deadline - performance.now();
      if (left <= 0) store(this.#words, Word.isWantedInVain, 1);
      else wait(this.#words, Word.state, State.wanted, left);
    }
    return this.state;
  }

  /** In the main thread: calls back when a worker wants a connection. Keeps no process alive. */
  onWanted(connect: () => void): void {
    const { value } = Atomics.waitAsync(this.#words, Word.state, State.untried);
    if (value instanceof Promise) void value.then(connect);
  }

  // The lock: the number of the thread that holds it, or FREE. No code of the user's runs
  // while it is held.

  /** Takes the lock if it is free. */
  tryLock(): boolean {
    return compareExchange(this.#words, Word.lock, FREE, threadId + 1) === FREE;
  }

  /** Takes the lock, and waits for it until `deadline` at most, a time of `performance.now()`. */
  lockBefore(deadline: number): boolean {
    const mine = threadId + 1;
    for (;;) {
      const found = compareExchange(this.#words, Word.lock, FREE, mine | CONTENDED);
      if (found === FREE) {
        store(this.#words, Word.isLockLost, 0);
        return true;
      }
      if ((found & ~CONTENDED) === mine) {
        this.turnOff(); // a call of ours was torn out of it, perhaps with half a line
        return false;
      }
      const left = deadline - performance.now();
      if (left <= 0 || load(this.#words, Word.isLockLost) !== 0) return this.#giveUp();
      const contended = found | CONTENDED;
      compareExchange(this.#words, Word.lock, found, contended);
      wait(this.#words, Word.lock, contended, left);
    }
  }

  /** Whoever holds the lock may have been terminated: nobody waits again until it is free. */
  #giveUp(): false {
    store(this.#words, Word.isLockLost, 1);
    this.skip();
    return false;
  }

  /** Counts a line that is dropped unsent. */
  skip(): void {
    add(this.#words, Word.skipped, 1);
  }

  unlock(): void {
    if ((exchange(this.#words, Word.lock, FREE) & CONTENDED) !== 0) {
      notify(this.#words, Word.lock, 1);
    }
  }

  // What follows is for the holder of the lock.

  /** The number of the next line; those of lines that were dropped unsent are left out. */
  nextSequence(): number {
    const next = (this.#doubles[Double.sequence] ?? 0) + exchange(this.#words, Word.skipped, 0);
    this.#doubles[Double.sequence] = next + 1;
    return next;
  }

  get isIntroduced(): boolean {
    return this.#flags[Flag.introduced] !== 0;
  }

  set isIntroduced(value: boolean) {
    this.#flags[Flag.introduced] = Number(value);
  }

  get isStalled(): boolean {
    return this.#flags[Flag.stalled] !== 0;
  }

  set isStalled(value: boolean) {
    this.#flags[Flag.stalled] = Number(value);
  }
}
