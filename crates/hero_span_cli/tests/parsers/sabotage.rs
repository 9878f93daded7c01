//! Broken consumers: copies of the Python one with one fault each. A vector of
//! the clause that the fault breaks finds it.

use std::fs;

use crate::{judge, root};

/// Replaces a text that stands once in the consumer, and runs the vectors of
/// the clause that this breaks.
fn check(clause: &str, text: &str, fault: &str) {
    let tests = root().join("sdk/python/tests");
    let consumer = fs::read_to_string(tests.join("consumer.py")).unwrap();
    let count = consumer.matches(text).count();
    assert_eq!(
        count, 1,
        "the consumer has changed; adapt the test: {text:?}"
    );
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("consumer.py"), consumer.replace(text, fault)).unwrap();
    fs::copy(tests.join("parser_adapter.py"), path("parser_adapter.py")).unwrap();
    let adapter = format!("python3 '{}'", path("parser_adapter.py").display());
    let filter = format!("*/{clause}/*");
    let (code, said) = judge(&adapter, &["--filter", &filter, "--fail-fast"]);
    assert_eq!(code, 1, "{clause}: {fault}\n{said}");
    let id = said
        .lines()
        .find_map(|line| line.strip_prefix("FAILED  "))
        .unwrap();
    assert!(id.contains(&format!("/{clause}/")), "{said}");
    for words in [format!("  {clause}, "), format!("--filter '{id}'")] {
        assert!(said.contains(&words), "expected {words:?} in:\n{said}");
    }
}

#[test]
fn lines_are_cut_wrongly() {
    let lines = "data.split(b\"\\n\")";
    check("transport.line", lines, "(data + b\"|\").splitlines()");
    check(
        "transport.line",
        lines,
        "data.replace(b\"\\r\", b\"\\n\").split(b\"\\n\")",
    );
    check(
        "transport.line",
        lines,
        "data.replace(b\"\\0\", b\"\\n\").split(b\"\\n\")",
    );
    check(
        "transport.utf8",
        "self._held += data",
        "self._held += data.decode(\"utf-8\", \"replace\").encode()",
    );
    let strip = "text.strip(\" \\t\\r\")";
    check("transport.line", strip, "text.strip(\" \\t\")");
    check("transport.line", strip, "text.strip()");
    check("transport.line", "if end < len(text):", "if False:");
}

#[test]
fn the_last_torn_line_is_taken() {
    let reading = "        return {\n            \"lines\": self._lines,";
    let taken =
        format!("        self.push(b\"\\n\" if self._splitter.is_torn() else b\"\")\n{reading}");
    check("transport.torn", reading, &taken);
    check(
        "transport.torn",
        "bool(self._held) or self._dropped > 0",
        "self._dropped > 0",
    );
    check(
        "transport.torn",
        "bool(self._held) or self._dropped > 0",
        "bool(self._held)",
    );
}

#[test]
fn bytes_are_decoded_wrongly() {
    let decode = "line.decode(\"utf-8\", \"strict\")";
    check(
        "transport.utf8",
        decode,
        "line.decode(\"utf-8\", \"replace\")",
    );
    check(
        "transport.utf8",
        decode,
        "line.decode(\"utf-8\", \"surrogatepass\")",
    );
    check("transport.utf8", decode, "line.decode(\"utf-8-sig\")");
    check("transport.utf8", decode, "line.decode(\"latin-1\")");
}

#[test]
fn json_is_read_loosely() {
    let check = |text, fault| check("transport.i-json", text, fault);
    check(
        "if len({key for key, _ in pairs}) < len(pairs):",
        "if False:",
    );
    check("if re.search(\"[\\ud800-\\udfff]\", value):", "if False:");
    check("            _check_strings(key)\n", "");
    check(
        "def _constant(text: str) -> Any:\n",
        "def _constant(text: str) -> Any:\n    return 0\n",
    );
    check(
        "float(\"-inf\")):\n        raise Rejected(\"transport.i-json\")",
        "float(\"-inf\")):\n        return 1e308",
    );
    check(
        "parse_int=_integer",
        "parse_int=lambda text: min(int(text), 10**300)",
    );
    check(
        "_DECODER = json.JSONDecoder(\n",
        "_DECODER = json.JSONDecoder(\n    strict=False,\n",
    );
    check(
        "return int(text) if abs(value) <= INTEGER_MAX else value",
        "return int(value) % 2**32",
    );
}

#[test]
fn limits_are_counted_wrongly() {
    let line = "if len(line) + 1 > LINE_BYTES:";
    check("limit.line", line, "if len(line) > LINE_BYTES:");
    check("limit.line", line, "if len(line) + 1 >= LINE_BYTES:");
    check(
        "limit.line",
        line,
        "if len(line.rstrip(b\"\\r\")) + 1 > LINE_BYTES:",
    );
    check(
        "limit.line",
        line,
        "if len(line.decode(\"utf-8\", \"replace\")) + 1 > LINE_BYTES:",
    );
    check("limit.line", "LINE_BYTES = 32_768", "LINE_BYTES = 10**9");
    check(
        "limit.line",
        "            self._dropped += len(self._held) + len(data)\n",
        "",
    );
    check("limit.depth", "DEPTH = 32", "DEPTH = 31");
    check("limit.depth", "DEPTH = 32", "DEPTH = 33");
    check(
        "limit.depth",
        "            depth -= 1\n",
        "            pass\n",
    );
    check("limit.depth", "\"(?:[^\"\\\\]|\\\\.)*\"|", "");
}

#[test]
fn limits_of_sdks_are_put_upon_lines() {
    let too_long = "        if not isinstance(value, str):\n            raise Rejected(clause)\n";
    let names = format!(
        "{too_long}        if clause == \"type.name\" and len(value) > 256:\n            raise Rejected(clause)\n"
    );
    check("limit.name", too_long, &names);
    let texts = format!(
        "{too_long}        if clause == \"type.text\" and len(value) > 4096:\n            raise Rejected(clause)\n"
    );
    check("limit.value", too_long, &texts);
    let empty = format!("{too_long}        if not value:\n            raise Rejected(clause)\n");
    check("type.name", too_long, &empty);
    let members = "            raise Rejected(clause)\n        return value\n\n    return read\n\n\ndef _sizes";
    let few = members.replace(
        "        return value\n",
        "        return dict(list(value.items())[:64])\n",
    );
    check("limit.members", members, &few);
}

#[test]
fn types_are_read_otherwise() {
    check(
        "type.id",
        "re.fullmatch(\"[0-9a-f]{16}\", value)",
        "re.match(\"[0-9a-f]{16}$\", value)",
    );
    check(
        "type.id",
        "re.fullmatch(\"[0-9a-f]{16}\", value)",
        "re.fullmatch(\"[0-9a-fA-F]{16}\", value)",
    );
    check("type.id", " or value == \"0\" * 16", "");
    check(
        "type.id",
        "return None if value is None else _id(value)",
        "return _id(value) if value else None",
    );
    check("type.count", " and not isinstance(value, bool)", "");
    check("type.count", "value != int(value) or ", "");
    check("type.count", "0 <= value <= INTEGER_MAX", "0 <= value");
    check("type.time", "return value + 0", "return round(value, 3)");
    check("type.time", "return value + 0", "return abs(value)");
    check(
        "type.kind",
        "if text(value) in known else other",
        "if text(value) in known else value",
    );
    check("type.level", "{\"level\": \"info\"}", "{}");
    check(
        "type.status",
        "\"failed\", \"cancelled\")",
        "\"failed\", \"cancelled\", \"canceled\")",
    );
    check(
        "type.producer",
        "    if \"id\" not in fields:",
        "    if False:",
    );
    check(
        "type.sizes",
        "_object_of(\"type.sizes\")(value).items()",
        "dict(value or {}).items()",
    );
    check(
        "type.json",
        "        if name in line:\n",
        "        if line.get(name) is not None:\n",
    );
    check(
        "event.span_tag",
        "        if name not in line:\n",
        "        if name == \"value\" and name not in line:\n            continue\n        if name not in line:\n",
    );
    check(
        "event.any",
        "    if \"type\" not in fields:",
        "    if not fields:\n        raise Ignored(\"\")\n    if \"type\" not in fields:",
    );
}

#[test]
fn what_is_unknown_is_not_ignored() {
    check(
        "consumer.unknown-type",
        "raise Ignored(kind)",
        "raise Rejected(\"type.name\")",
    );
    check(
        "consumer.unknown-type",
        "    if kind not in _EVENTS:",
        "    kind = kind.strip().lower()\n    if kind not in _EVENTS:",
    );
    let event = "    event = {\"type\": kind";
    let known = format!("    if len(fields) > 12:\n        raise Rejected(\"event.any\")\n{event}");
    check("consumer.unknown-field", event, &known);
    check(
        "consumer.unknown-field",
        "    kind = _name(fields[\"type\"])",
        "    fields = {key.strip().lower(): item for key, item in fields.items()}\n    kind = _name(fields[\"type\"])",
    );
}

#[test]
fn a_bad_line_costs_more_than_itself() {
    let take = "            self._lines.append(self._take(line))";
    let drops = format!(
        "            if self._lines and self._lines[-1][\"verdict\"] == \"reject\":\n                self._lines.append({{\"verdict\": \"reject\"}})\n                continue\n{take}"
    );
    check("consumer.bad-line", take, &drops);
    let closes = format!(
        "            if any(it[\"verdict\"] == \"reject\" for it in self._lines):\n                break\n{take}"
    );
    check("consumer.bad-line", take, &closes);
    let silent = "            self._lines.append(reading) if (reading := self._take(line))[\"verdict\"] != \"reject\" else None";
    check("consumer.bad-line", take, silent);
}

#[test]
fn losses_are_counted_wrongly() {
    check(
        "event.any",
        "        self._was_rejected = True\n        self.losses.skip()\n",
        "        self._was_rejected = True\n",
    );
    check("event.any", "self._last = -1", "self._last = 0");
    check(
        "event.any",
        "        self._unnumbered = 0\n        if seq",
        "        if seq",
    );
    check("event.any", "seq - last - 1", "seq - last");
}

#[test]
fn open_spans_are_ended() {
    check(
        "consumer.open",
        "\"open\": list(self._rules.open),",
        "\"open\": [],",
    );
    check(
        "consumer.open",
        "            del self.open[span]",
        "            self.open.clear()",
    );
}

#[test]
fn rules_of_spans_are_not_kept() {
    check(
        "rule.start-first",
        "return [] if is_excused else [\"rule.start-first\"]",
        "return []",
    );
    check(
        "rule.start-first",
        "return [] if is_excused else [\"rule.start-first\"]",
        "return [\"rule.start-first\"]",
    );
    check(
        "rule.start-once",
        "[\"rule.start-once\"] if span in self._times else []",
        "[]",
    );
    check(
        "rule.start-once",
        "if span in self._times else []",
        "if span in self.open else []",
    );
    check(
        "rule.end-last",
        "else \"rule.end-last\")",
        "else \"rule.end-once\")",
    );
    check(
        "rule.end-once",
        "\"rule.end-once\" if is_end else",
        "\"rule.end-last\" if is_end else",
    );
    check(
        "rule.parent-started",
        "if span in self._parents or span == parent:",
        "if span in self._parents:",
    );
    check(
        "rule.parent-started",
        "if span in self._parents or span == parent:",
        "if span == parent:",
    );
}

#[test]
fn rules_of_order_are_not_kept() {
    check(
        "rule.time-order",
        "if event[\"ts_ms\"] < self._times[span]",
        "if int(event[\"ts_ms\"]) < int(self._times[span])",
    );
    check(
        "rule.time-order",
        "if event[\"ts_ms\"] < self._times[span]",
        "if event[\"ts_ms\"] <= self._times[span]",
    );
    check(
        "rule.time-order",
        "if event[\"ts_ms\"] < self._times[span]",
        "if event[\"ts_ms\"] < max(self._times.values())",
    );
    check("rule.seq-rises", "if seq <= last:", "if seq < last:");
    check("rule.seq-rises", "else [\"rule.seq-rises\"]", "else []");
    check(
        "rule.producer-first",
        "if is_missing or is_surplus",
        "if is_missing",
    );
    check(
        "rule.producer-first",
        "if is_missing or is_surplus",
        "if is_surplus",
    );
}

#[test]
fn runs_are_grown_wrongly() {
    check(
        "consumer.run",
        "            if parent in home:",
        "            if home.get(parent) == at:",
    );
    check(
        "consumer.run",
        "            if parent in home:",
        "            if home.get(parent, at + 1) <= at:",
    );
    check(
        "consumer.run",
        "trees.setdefault(run[at], {}).update(roots[at])",
        "trees[run[at]] = roots[at]",
    );
    check(
        "consumer.run",
        "return list(trees.values())",
        "return [{root: tree} for it in trees.values() for root, tree in it.items()]",
    );
    check("consumer.run", "        if events:\n", "");
}
