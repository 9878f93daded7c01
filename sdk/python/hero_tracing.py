r"""Trace a Python flow: one file, the standard library only, nothing to set up.

    from hero_tracing import flow, instrument

    @flow
    def nightly(day: str):
        with flow.step("load", day=day) as step:
            rows = instrument(client).fetch(day)
            step.tag("rows", len(rows)).log("loaded")
            if not rows:
                raise flow.Failed("no rows for " + day)

Each call writes one line to the Unix socket named in HERO_FLOW_SPAN_SOCK.
Without that variable every call is a silent no-op, so a flow runs as a plain
script. When the collector goes away, events are dropped in silence and the
flow goes on.

The rest of this text is the wire contract. It is the one source of truth: the
JSON Schemas, the limits and the tables in spec/ are generated from it, and
every SDK and parser is tested against it. After a change here, run
"cargo xtask spec".

Wire contract, protocol 1
=========================

A clause starts with its id in brackets and its level, MUST or SHOULD. What
follows on that line declares something by name; the text below says the rest.

Transport
---------

[transport.socket] MUST
    An SDK writes to a Unix stream socket (AF_UNIX, SOCK_STREAM). A process
    that writes is a producer and has one connection. The collector never
    writes back.

[transport.line] MUST
    An event is one JSON object on one line, ended by one LF.

[transport.utf8] MUST
    A line is UTF-8 without a byte order mark.

[transport.i-json] MUST
    A line is an I-JSON message (RFC 7493): no key twice in one object, no lone
    surrogate, no NaN or Infinity, no number beyond a double.

[transport.torn] MUST
    A last line without its LF is torn. A consumer discards and counts it, even
    if it would parse.

Environment
-----------

[env.socket] MUST HERO_FLOW_SPAN_SOCK
    The absolute path of the collector's socket. Unset, empty or unusable
    (relative, with a NUL, too long, missing, not a socket, nobody listening,
    permission denied): the SDK is off. It tries once, when the first span is
    made, and says nothing.

[env.parent] MUST HERO_FLOW_PARENT_SPAN
    The span id under which the process's root spans hang (a sub-flow). Unset,
    empty or not an id: they are roots.

Types
-----

What stands before ";" holds for SDKs and consumers alike; what follows "sent:"
binds SDKs only. "else" names what a consumer reads any other string as.

[type.id] MUST id = string, pattern ^[0-9a-f]{16}$, not 0000000000000000
    64 bits in lower-case hex, not all zero; never used twice.

[type.time] MUST time = number; sent: minimum 0, maximum 9007199254740.991, decimals 3
    Milliseconds since the Unix epoch, whole or with up to three decimals
    (microseconds), so that a child lies within its parent to the microsecond.
    A consumer keeps a negative or absurd time and flags it.

[type.count] MUST count = integer, minimum 0, maximum INTEGER_MAX
    A whole number.

[type.name] MUST name = string; sent: bytes 1 to NAME_BYTES
    The name of a span, a tag or a field. An empty one is sent as "unnamed".

[type.text] MUST text = string; sent: bytes 0 to VALUE_BYTES
    Free text.

[type.error] MUST error = string; sent: bytes 0 to ERROR_BYTES
    Why a span failed.

[type.json] MUST json = any; sent: bytes 0 to VALUE_BYTES
    Any JSON value.

[type.members] MUST members = object of name to json; sent: members 0 to MEMBERS
    Tags or log fields.

[type.sizes] MUST sizes = object of string to count
    What was cut and its size before, as clause value.announced says.

[type.kind] MUST kind = string; sent: one of flow step span rpc; else span
    What a span stands for: a whole flow, a step of it, any stretch of code, or
    a call of an instrumented client.

[type.level] MUST level = string; sent: one of debug info warn error; else info
    How much a log line matters.

[type.status] MUST status = string, one of ok failed cancelled
    How a span ended.

[type.producer] MUST producer = object
    Who writes on this connection.

    id        id     required  The producer's own id, new after a fork.
    sdk       name   expected  The SDK's language, such as "python".
    version   name   expected  The SDK's version.
    protocol  count  expected  The protocol's number, 1 for this contract.
    pid       count  expected  The process id.

Events
------

A field is required (a consumer rejects a line without it), expected (an SDK
always sends it, a consumer does without), optional, "first" (expected on the
first event of a connection only) or "failed" (expected when status is failed,
optional otherwise).

[event.any] MUST
    The fields of every event. An SDK sends no field that this contract does
    not name.

    type       name      required  Which event this is: the name that its
                                   clause declares.
    span_id    id        required  The span this event belongs to.
    ts_ms      time      required  When it happened.
    seq        count     expected  0, 1, 2 and so on for each event that the
                                   SDK tried to send on this connection: a gap
                                   is a counted loss.
    producer   producer  first     Who writes.
    truncated  sizes     optional  Which fields were cut.

[event.span_start] MUST span_start
    A span begins.

    parent_span_id  id|null  expected  The span it hangs under, null for a
                                       root.
    name            name     required  What it is called. A call of an
                                       instrumented client is called
                                       rpc:Class.method.
    kind            kind     expected  What it stands for.
    tags            members  optional  Tags known at the start.
    params          json     optional  A flow's input, or the arguments of an
                                       rpc as {"args": [...], "kwargs": {...}}
                                       without the empty ones.

[event.span_tag] MUST span_tag
    A tag is set on an open span. The last value of a key wins.

    key    name  required  The tag.
    value  json  required  Its value.

[event.span_log] MUST span_log
    Something was said within an open span.

    message  text     required  What was said.
    level    level    optional  How much it matters; absent means info.
    fields   members  optional  Data that goes with the message.

[event.span_end] MUST span_end
    A span ends.

    status      status  required  How it ended.
    error       error   failed    The reason given to flow.Failed, or the whole
                                  traceback.
    error_type  name    optional  The exception's type.
    result      json    optional  What the span gave.

Limits
------

[limit.line] MUST LINE_BYTES = 32768
    Bytes of a line, its LF included. A consumer rejects a longer one.

[limit.value] MUST VALUE_BYTES = 4096
    Bytes of a value: params, result, message, and each value of a tag or a log
    field.

[limit.error] MUST ERROR_BYTES = 16384
    Bytes of an error.

[limit.error-head] MUST ERROR_HEAD_BYTES = 4096
    Bytes of a cut error that come from its beginning.

[limit.name] MUST NAME_BYTES = 256
    Bytes of a name or a key.

[limit.members] MUST MEMBERS = 64
    Tags or fields in one event.

[limit.depth] MUST DEPTH = 32
    Objects and arrays within one another in a line; the event's own object is
    the first. A consumer rejects a deeper line.

[limit.measured] MUST MEASURED_BYTES = 65536
    How far a size is measured: a size of 65536 means that or more.

[limit.integer] MUST INTEGER_MAX = 9007199254740991
    The largest integer that every JSON reader keeps, and, negated, the least.

[limit.wait] MUST WAIT_MS = 250
    Milliseconds that one call waits for a stalled collector.

[limit.buffer] SHOULD SEND_BUFFER_BYTES = 4194304
    Bytes of send buffer that an SDK asks for; the default holds only some 170
    short lines.

Values
------

[value.bytes] MUST
    Sizes are bytes of UTF-8 before JSON escaping.

[value.cut] MUST
    A string over its limit is cut to its longest prefix that fits and ends on
    a code point.

[value.structured] MUST
    An array or object whose compact JSON text is over VALUE_BYTES becomes a
    string: that text, cut the same way. Compact means no white space, members
    in the order given, and no escapes but \" \\ \b \f \n \r \t and \u00xx.

[value.error] MUST
    An error over ERROR_BYTES keeps its head and its tail: its first
    ERROR_HEAD_BYTES, then LF, three dots, LF, then as much of its end as fits,
    all on code points.

[value.announced] MUST
    The field truncated has an entry for each cut: the field's name (tags.KEY
    or fields.KEY for one member, with the key as sent) and the size before. Of
    members over MEMBERS the first are kept, and the entry tags or fields says
    how many there were. Nothing in the text itself says that it was cut, but
    for the dots in an error.

[value.line] MUST
    An event that would be over LINE_BYTES is built again with VALUE_BYTES,
    ERROR_BYTES and ERROR_HEAD_BYTES halved, and names cut to VALUE_BYTES if
    that is less, until it fits: the largest values are cut first, and no event
    is dropped for its size.

[value.numbers] MUST
    NaN and the infinities are sent as the strings NaN, Infinity and -Infinity,
    integers beyond INTEGER_MAX as strings of their digits.

[value.surrogates] MUST
    A surrogate without its other half is sent as U+FFFD.

[value.keys] MUST
    A key that is not a string is sent as its JSON text. Of two keys that are
    sent alike the first is kept.

[value.deep] MUST
    An array or object that would lie deeper than DEPTH, or within itself, is
    sent as the string [...] or {...}.

[value.other] MUST
    Whatever else JSON cannot hold is sent as a readable string of bounded
    size, also when the object fails to describe itself.

Stream rules
------------

[rule.start-first] MUST
    The first event of a span is its span_start.

[rule.start-once] MUST
    A span starts once; its id is never used again.

[rule.end-last] MUST
    No tag or log comes after the end of its span.

[rule.end-once] MUST
    A span ends at most once.

[rule.parent-started] MUST
    A parent has started before its child, unless it belongs to another
    producer. A child may outlive its parent.

[rule.time-order] MUST
    Within one span ts_ms never goes back.

[rule.seq-rises] MUST
    On a connection seq rises strictly, in the order of the lines.

[rule.producer-first] MUST
    The first event of a connection carries producer, and no other does.

SDKs
----

[sdk.silent] MUST
    An SDK never raises into the user's code and never prints. The user's own
    exceptions and interrupts pass through unchanged.

[sdk.bounded] MUST
    A call waits at most WAIT_MS for a stalled collector. After one stall no
    call waits until the socket takes bytes again. What is not sent is dropped
    whole, and its seq is skipped.

[sdk.delivered] MUST
    When a call returns, its line is in the kernel's queue whole, and survives
    the death of the process. It does not mean that it was stored. Only a call
    that interrupts another call on the same thread returns earlier.

[sdk.vanished] MUST
    When the collector goes away, or a line was sent in part and cannot be
    completed, the SDK is off for good. No SIGPIPE reaches the process.

[sdk.whole-lines] MUST
    Threads, signal handlers, finalizers and forks never mix two lines.

[sdk.fork] MUST
    A forked child is a producer of its own: a new connection and id. The span
    that was open at the fork is the parent of its roots, and what the child
    says of its parent's spans is dropped.

[sdk.foreign-descriptor] MUST
    When the program closed the SDK's descriptor and its number serves
    something else, the SDK is off and writes nothing there.

[sdk.clock] MUST
    The wall clock is read once; a monotonic clock is added to it.

[sdk.parent] MUST
    A new span hangs under the nearest open span of its own thread or task, and
    a new thread starts without one. Spans closed out of order leave the
    nearest open ancestor current.

[sdk.status] MUST
    A span that an exception leaves has failed, with the traceback as error; a
    clean failure (flow.Failed) gives its reason instead. Cancellation and
    interrupts are cancelled. An exit with a code that is not zero has failed
    with the code as error; other exits and closed generators are ok.

Consumers
---------

[consumer.unknown-field] MUST
    A consumer ignores fields that it does not know.

[consumer.unknown-type] MUST
    A consumer skips and counts lines whose type it does not know.

[consumer.bad-line] MUST
    A bad line is rejected and counted. It costs no other line and does not
    close the connection.

[consumer.open] MUST
    A span that is open when its connection ends stays open: a consumer says so
    and never invents an end.

[consumer.run] MUST
    What comes from one producer, and from producers whose roots hang under its
    spans, makes one run with one tree, which may have several roots.
"""
