/** A collector in a thread of its own, so that it reads while the SDK's thread waits. */

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const { path, reads } = workerData as { path: string; reads: boolean };

/** What the collector says to itself. */
const LAST = "last";

const sockets: Socket[] = [];
const connections: Promise<string>[] = [];

const server = createServer({ pauseOnConnect: true }, (socket) => {
  sockets.push(socket);
  connections.push(textOf(socket));
  if (reads) socket.resume();
}).listen(path);

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("error", () => undefined);
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  if (!reads) socket.pause();
  await once(socket, "close");
  return text;
}

/** The texts of all connections, when their other ends are closed. */
async function texts(): Promise<string[]> {
  connect(path).end(LAST); // what connected before is accepted before
  const found: string[] = [];
  for (let index = 0; found.at(-1) !== LAST; index++) {
    while (index >= connections.length) await once(server, "connection");
    sockets[index]?.resume();
    found.push((await connections[index]) ?? "");
  }
  return found.slice(0, -1);
}

/** Closes the other ends of all connections. */
async function hangUp(): Promise<void> {
  if (sockets.length === 0) await once(server, "connection");
  for (const socket of sockets) socket.destroy();
}

parentPort?.on("message", (asked: "texts" | "hangUp") => {
  void (asked === "texts" ? texts() : hangUp()).then((answer) => parentPort?.postMessage(answer));
});
await once(server, "listening");
parentPort?.postMessage("listening");
