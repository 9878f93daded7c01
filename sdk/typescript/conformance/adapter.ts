/**
 * Lets the conformance suite drive the SDK that lies beside it.
 *
 * `adapter.sh` starts this program; conformance/README.md in the repository holds the whole
 * contract. Each case gets a fresh tracer, which is all the state that the SDK has.
 */

import { writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

import { createApi } from "../src/api.js";
import { ENV_PARENT, ENV_SOCKET, PROTOCOL } from "../src/contract.js";
import { VERSION } from "../src/producer.js";
import { Shared } from "../src/shared.js";
import { Tracer } from "../src/tracer.js";
import { checkpoint, hear, say, takePrinted } from "./dialogue.js";
import { canHijack, noteSockets } from "./hijack.js";
import { isCoroutine, report, type Saw, Script, unsupported } from "./script.js";
import { now } from "./threads.js";
import { countOf, type Members, members, Numeral, textOf, type Words } from "./words.js";

const CONTRACT = 1;
const FEATURES = [
  "threads",
  "async",
  "instrument",
  "generator",
  "decorator",
  "cycles",
  "surrogates",
  "reuse",
];
if (canHijack) FEATURES.push("hijack");
const PEOPLE = 6;

/** Runs a script, and tells what its user's code saw. */
async function run(command: Members): Promise<Members> {
  const id = textOf(command.get("id"));
  const words = command.get("script") ?? null;
  const unknown = unsupported(words);
  if (unknown !== undefined) return members({ id, unsupported: unknown });
  setVariable(ENV_SOCKET, command.get("socket"));
  setVariable(ENV_PARENT, command.get("parent"));
  now.id = id;
  noteSockets();
  const tracer = new Tracer(Shared.create());
  const script = new Script(
    createApi(tracer),
    (name) => {
      checkpoint(id, name, now.turn);
    },
    isCoroutine(words),
  );
  let outcome: Record<string, Words>;
  try {
    outcome = await outcomeOf(script, words);
  } catch (error) {
    return members({ id, errored: error instanceof Error ? (error.stack ?? "") : String(error) });
  }
  const printed = takePrinted();
  tracer.close();
  return members({ id, ...outcome, ...(printed !== "" && { printed }) });
}

async function outcomeOf(script: Script, words: Words): Promise<Record<string, Words>> {
  const saw: Saw = [];
  try {
    await script.block(words, saw);
    return { outcome: "returned", value: saw };
  } catch (error) {
    return { outcome: "raised", ...Object.fromEntries(report(error)) };
  }
}

function setVariable(name: string, value: Words | undefined): void {
  if (typeof value === "string") process.env[name] = value;
  else Reflect.deleteProperty(process.env, name);
}

function hello(command: Members): Members {
  return members({
    ok: countOf(command.get("contract")) === CONTRACT,
    sdk: "typescript",
    version: VERSION,
    protocol: new Numeral(String(PROTOCOL)),
    features: FEATURES,
  });
}

async function serve(): Promise<void> {
  for (let command = hear(); command?.get("cmd") !== "stop"; command = hear()) {
    if (command === undefined) return;
    say(command.get("cmd") === "start" ? hello(command) : await run(command));
    await turn(); // the connection of the case is closed in the event loop
  }
}

try {
  await serve();
  process.exit(0);
} catch (error) {
  writeSync(PEOPLE, `${error instanceof Error ? (error.stack ?? "") : String(error)}\n`);
  process.exit(1);
}
