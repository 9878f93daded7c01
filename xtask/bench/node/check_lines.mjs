// Holds each line of a capture against the schema of an event, with Ajv.
//
//   node check_lines.mjs --lines FILE [--schema FILE]
//
// It prints {"lines":N,"invalid":M}. The schema is compiled once, and the file read as a stream:
// JSON.parse and the compiled function are nearly all that is left.

import { createReadStream, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import Ajv2020 from "ajv/dist/2020.js";

const { values } = parseArgs({
  options: {
    lines: { type: "string" },
    schema: {
      type: "string",
      default: fileURLToPath(new URL("../../../spec/v1/emit.schema.json", import.meta.url)),
    },
  },
});
if (values.lines === undefined) {
  throw new Error("--lines FILE is missing");
}

// The defaults, but that strict mode says nothing of types that the schema leaves open.
const ajv = new Ajv2020({ strictTypes: false });
const valid = ajv.compile(JSON.parse(readFileSync(values.schema, "utf8")));

const holds = (line) => {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    return false;
  }
  return valid(event);
};

let lines = 0;
let invalid = 0;
const judge = (line) => {
  lines += 1;
  if (!holds(line)) {
    invalid += 1;
  }
};

// By hand, since node:readline takes a fifth longer for the whole.
let rest = "";
for await (const chunk of createReadStream(values.lines, {
  encoding: "utf8",
  highWaterMark: 1 << 20,
})) {
  const text = rest + chunk;
  let from = 0;
  for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
    judge(text.slice(from, to));
    from = to + 1;
  }
  rest = text.slice(from);
}
if (rest !== "") {
  judge(rest);
}
console.log(JSON.stringify({ lines, invalid }));
