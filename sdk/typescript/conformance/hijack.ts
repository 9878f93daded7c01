/** Puts another socket in the place of the SDK's connection. */

import { once } from "node:events";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";

import { AdapterBroken } from "./words.js";

const DESCRIPTORS = "/proc/self/fd";

export const canHijack = existsSync(DESCRIPTORS);

let socketsBefore: readonly number[] = [];

/** Notes which sockets the adapter has, before the SDK connects. */
export function noteSockets(): void {
  if (canHijack) socketsBefore = sockets();
}

/** The descriptors of this process that are sockets. */
function sockets(): number[] {
  return readdirSync(DESCRIPTORS)
    .map(Number)
    .filter((number) => leadsTo(number).startsWith("socket:"));
}

function leadsTo(number: number): string {
  try {
    return readlinkSync(`${DESCRIPTORS}/${String(number)}`);
  } catch {
    return ""; // the one that the folder was read with
  }
}

/**
 * Closes the descriptor of the SDK's connection, does `work` while one end of a new pair of
 * sockets has its number, and closes that.
 * @returns what came out of the other end, or null if the number was closed meanwhile
 */
export async function hijack(work: () => Promise<void>): Promise<string | null> {
  const [number, ...more] = sockets().filter((socket) => !socketsBefore.includes(socket));
  if (number === undefined || more.length > 0) throw new AdapterBroken("no one connection");
  const server = createServer({ pauseOnConnect: true }).listen(
    `/tmp/hijack-${String(process.pid)}`,
  );
  await once(server, "listening");
  try {
    const near = takeNumber(number, server.address() as string);
    const [far] = (await once(server, "connection")) as [Socket];
    const identity = fstatSync(number);
    await work();
    const isHeld = isSame(number, identity);
    near.destroy(); // which closes the number
    const received = await everything(far);
    return isHeld ? received : null;
  } finally {
    server.close();
  }
}

/** A kernel gives the lowest number that is free. */
function takeNumber(number: number, path: string): Socket {
  const fillers: number[] = [];
  let filler = openSync("/dev/null", "r");
  while (filler < number) {
    fillers.push(filler);
    filler = openSync("/dev/null", "r");
  }
  closeSync(filler);
  closeSync(number);
  const near = connect({ path }).pause();
  for (const one of fillers) closeSync(one);
  const found = (near as unknown as { _handle: { fd: number } })._handle.fd;
  if (found !== number) throw new AdapterBroken(`took ${String(found)}, not ${String(number)}`);
  return near;
}

/** All that came to this end, whose other end is closed. */
async function everything(far: Socket): Promise<string> {
  far.setEncoding("utf8");
  let text = "";
  for await (const chunk of far) text += String(chunk);
  return text;
}

function isSame(number: number, { dev, ino }: { dev: number; ino: number }): boolean {
  try {
    const found = fstatSync(number);
    return found.dev === dev && found.ino === ino;
  } catch {
    return false;
  }
}
