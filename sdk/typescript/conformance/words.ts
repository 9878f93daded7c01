/** The suite's JSON: members keep their order, and numerals their digits. */

/** A number as it was written. */
export class Numeral {
  constructor(readonly text: string) {}
}

export type Members = ReadonlyMap<string, Words>;
export type Words = null | boolean | string | Numeral | readonly Words[] | Members;

/** This program is wrong, or was told what it does not know: no verdict on the SDK. */
export class AdapterBroken extends Error {}

const TOKEN = /\s*(?:([[\]{},:])|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null))/y;

export function parse(text: string): Words {
  const reader = new Reader(text);
  const words = reader.value(reader.token());
  reader.end();
  return words;
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  token(): string {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.text);
    if (found === null) throw new AdapterBroken(`no JSON at character ${String(this.#at)}`);
    this.#at = TOKEN.lastIndex;
    return found[0].trimStart();
  }

  end(): void {
    if (this.text.slice(this.#at).trim() !== "")
      throw new AdapterBroken("more than one JSON value");
  }

  value(token: string): Words {
    if (token === "[") return this.#array();
    if (token === "{") return this.#object();
    if (/^[-\d]/.test(token)) return new Numeral(token);
    return JSON.parse(token) as boolean | string | null;
  }

  #array(): Words[] {
    const items: Words[] = [];
    for (let token = this.token(); token !== "]"; token = this.token()) {
      items.push(this.value(token === "," ? this.token() : token));
    }
    return items;
  }

  #object(): Members {
    const members = new Map<string, Words>();
    for (let token = this.token(); token !== "}"; token = this.token()) {
      const key = JSON.parse(token === "," ? this.token() : token) as string;
      if (this.token() !== ":") throw new AdapterBroken("a member without a colon");
      members.set(key, this.value(this.token()));
    }
    return members;
  }
}

export function write(words: Words): string {
  if (words instanceof Numeral) return words.text;
  if (isMembers(words)) {
    const members = Array.from(words, ([key, value]) => `${JSON.stringify(key)}:${write(value)}`);
    return `{${members.join(",")}}`;
  }
  return isList(words) ? `[${words.map(write).join(",")}]` : JSON.stringify(words);
}

export function isMembers(words: Words | undefined): words is Members {
  return words instanceof Map;
}

export function isList(words: Words | undefined): words is readonly Words[] {
  return Array.isArray(words);
}

export function members(object: Readonly<Record<string, Words>>): Members {
  return new Map(Object.entries(object));
}

export function textOf(words: Words | undefined): string {
  if (typeof words !== "string") throw new AdapterBroken("expected a string");
  return words;
}

export function countOf(words: Words | undefined): number {
  if (!(words instanceof Numeral)) throw new AdapterBroken("expected a number");
  return Number(words.text);
}

export function listOf(words: Words | undefined): readonly Words[] {
  return isList(words) ? words : [];
}
