r"""A tool.

Wire contract, protocol 1
=========================

How to read it.

Transport
---------

[transport.line] MUST
    One event a line.

Environment
-----------

[env.socket] MUST SOCK
    The socket.

Types
-----

[type.name] MUST name = string; sent: bytes 1 to NAME_BYTES
    A name.

[type.count] MUST count = integer, minimum 0
    A whole number.

[type.kind] MUST kind = string; sent: one of step rpc; else step
    What it stands for.

[type.names] MUST names = object of string to name
    Names.

[type.producer] MUST producer = object
    Who writes.

    id   name   required  Its id.
    pid  count  expected  Its process, which
                          goes on.

Events
------

A field is required or not.

[event.any] MUST
    The fields of every event, as transport.line says.

    type      name      required  Which event.
    producer  producer  first     Who.

[event.end] MUST end
    An end.

    It is the last.

    status  name        required  How.
    error   name|null   failed    Why.

Limits
------

[limit.name] SHOULD NAME_BYTES = 256
    Bytes of a name.

Values
------

[value.bytes] MUST
    Bytes.

Stream rules
------------

[rule.end-once] MUST
    Once.

SDKs
----

[sdk.silent] MUST
    Silent.

Consumers
---------

[consumer.open] MUST
    Open.
"""
