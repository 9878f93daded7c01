//! The formats of one report that harnesses and servers read.

use hero_span_conformance::ReportFormat;

use crate::sample;

#[test]
fn tap_has_a_point_for_each_result_and_one_for_the_conclusion() {
    insta::assert_snapshot!(sample::full().render(ReportFormat::Tap), @r###"
    TAP version 14
    1..10
    # SDK: python 1.0.0
    # protocol: 1
    # suite: hero_span 0.1.0, adapter contract 1, protocol 1
    # seed: 7
    # date: 2026-01-02T03:04:05Z
    # took: 12.3 s
    # conclusion: not-conformant
    # exit code: 1
    ok 1 - cases: transport.line/one-line-each
    not ok 2 - cases: value.cut/ends-on-a-code-point
      ---
      verdict: "failed"
      duration_ms: 2.5
      about: "A character that does not fit whole is left out."
      findings: [{"check":"value.cut","clause":"value.cut","expected":"4096 bytes","field":"value","found":"4095 bytes","level":"MUST","place":"connection 1, line 2"}]
      first_difference: {"expected":"  tag note = \"éééééééé\"… (4096 bytes) truncated (value 5000)","found":"  tag note = \"éééééééé\"… (4095 bytes) truncated (value 5000)","line":2}
      replay: "hero-span conformance run --filter value.cut/ends-on-a-code-point"
      ...
    not ok 3 - cases: value.error/head # TODO known failure: cuts early (https://example.org/1)
      ---
      verdict: "known"
      duration_ms: 2.5
      findings: [{"check":"limit.error","clause":"limit.error","expected":"a","field":null,"found":"b","level":"MUST","place":null}]
      ...
    not ok 4 - cases: sdk.clock/steps # TODO a SHOULD, which does not count
      ---
      verdict: "advice"
      duration_ms: 2.5
      findings: [{"check":"sdk.clock","clause":"sdk.clock","expected":"a","field":null,"found":"b","level":"SHOULD","place":null}]
      ...
    ok 5 - cases: sdk.fork/roots # SKIP the SDK does not have: fork
    not ok 6 - cases: sdk.bounded/stalls
      ---
      verdict: "not evaluated"
      duration_ms: 2.5
      reason: "the adapter ended (exit 1)\\nstderr: <script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n"
      ...
    not ok 7 - truncation: truncation/7/3
      ---
      verdict: "failed"
      duration_ms: 2.5
      findings: [{"check":"limit.value","clause":"limit.value","expected":"a","field":null,"found":"b","level":"MUST","place":null},{"check":"value.cut","clause":"value.cut","expected":"a","field":null,"found":"b","level":"MUST","place":null}]
      replay: "hero-span conformance run --replay regressions/a.json"
      ...
    not ok 8 - truncation: truncation/7/9
      ---
      verdict: "failed"
      duration_ms: 2.5
      findings: [{"check":"limit.value","clause":"limit.value","expected":"a","field":null,"found":"b","level":"MUST","place":null}]
      like: "truncation/7/3"
      ...
    not ok 9 - unit tests: <script>alert(1)</script>]]>"'&::error::%0A```|\# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n
      ---
      verdict: "failed"
      duration_ms: 2.5
      about: "<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n"
      findings: [{"check":"unit-tests","clause":null,"expected":"<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n","field":"<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n","found":"<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n","level":"MUST","place":null}]
      first_difference: {"expected":"<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n","found":"flow","line":1}
      replay: "<script>alert(1)</script>]]>\"'&::error::%0A```|# @all \\u{1b}[31m\\u{202e}\\u{0}\\r\\n"
      ...
    not ok 10 - conclusion
      ---
      verdict: "not-conformant"
      reason: "NOT CONFORMANT: see the failures"
      stale: ["case value.cut/gone is listed: take it off"]
      ...
    "###);
}

#[test]
fn junit_has_a_suite_for_each_part_and_one_for_the_conclusion() {
    insta::assert_snapshot!(sample::full().render(ReportFormat::Junit), @r###"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="hero_span conformance" tests="10" failures="5" errors="1" time="12.340">
        <testsuite name="cases" tests="6" disabled="3" errors="1" failures="1" timestamp="2026-01-02T03:04:05.000+00:00" time="1.500" skipped="3">
            <properties>
                <property name="SDK" value="python 1.0.0"/>
                <property name="protocol" value="1"/>
                <property name="suite" value="hero_span 0.1.0, adapter contract 1, protocol 1"/>
                <property name="seed" value="7"/>
                <property name="date" value="2026-01-02T03:04:05Z"/>
                <property name="took" value="12.3 s"/>
                <property name="conclusion" value="not-conformant"/>
                <property name="exit code" value="1"/>
            </properties>
            <testcase name="transport.line/one-line-each" classname="python.cases" time="0.003">
            </testcase>
            <testcase name="value.cut/ends-on-a-code-point" classname="python.cases" time="0.003">
                <failure message="expected 4096 bytes, found 4095 bytes" type="value.cut">A character that does not fit whole is left out.
    value.cut, value, connection 1, line 2
      expected 4096 bytes
      found    4095 bytes
      contract A string over its limit is cut to its longest prefix that fits and ends on a code point.
    expected tree
        flow nightly
      &gt;   tag note = &quot;éééééééé&quot;… (4096 bytes) truncated (value 5000)
          step load
            end ok
          end ok
    found tree
        flow nightly
      &gt;   tag note = &quot;éééééééé&quot;… (4095 bytes) truncated (value 5000)
          step load
            end ok
          end ok
    replay   hero-span conformance run --filter value.cut/ends-on-a-code-point
    </failure>
            </testcase>
            <testcase name="value.error/head" classname="python.cases" time="0.003">
                <skipped>known failure: cuts early (https://example.org/1)</skipped>
            </testcase>
            <testcase name="sdk.clock/steps" classname="python.cases" time="0.003">
                <skipped>SHOULD, does not count:
    sdk.clock (SHOULD)
      expected a
      found    b
      contract The wall clock is read once; a monotonic clock is added to it.
    </skipped>
            </testcase>
            <testcase name="sdk.fork/roots" classname="python.cases" time="0.003">
                <skipped>the SDK does not have: fork</skipped>
            </testcase>
            <testcase name="sdk.bounded/stalls" classname="python.cases" time="0.003">
                <error message="the adapter ended (exit 1)\nstderr: &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n" type="not evaluated"/>
            </testcase>
        </testsuite>
        <testsuite name="truncation" tests="2" disabled="0" errors="0" failures="2" timestamp="2026-01-02T03:04:05.000+00:00" time="1.500" skipped="0">
            <properties>
                <property name="SDK" value="python 1.0.0"/>
                <property name="protocol" value="1"/>
                <property name="suite" value="hero_span 0.1.0, adapter contract 1, protocol 1"/>
                <property name="seed" value="7"/>
                <property name="date" value="2026-01-02T03:04:05Z"/>
                <property name="took" value="12.3 s"/>
                <property name="conclusion" value="not-conformant"/>
                <property name="exit code" value="1"/>
            </properties>
            <testcase name="truncation/7/3" classname="python.truncation" time="0.003">
                <failure message="expected a, found b" type="limit.value">limit.value
      expected a
      found    b
      contract Bytes of a value: params, result, message, and each value of a tag or a log field.
    value.cut
      expected a
      found    b
      contract A string over its limit is cut to its longest prefix that fits and ends on a code point.
    replay   hero-span conformance run --replay regressions/a.json
    </failure>
            </testcase>
            <testcase name="truncation/7/9" classname="python.truncation" time="0.003">
                <failure message="expected a, found b" type="limit.value">fails like truncation/7/3</failure>
            </testcase>
        </testsuite>
        <testsuite name="unit tests" tests="1" disabled="0" errors="0" failures="1" timestamp="2026-01-02T03:04:05.000+00:00" time="1.500" skipped="0">
            <properties>
                <property name="SDK" value="python 1.0.0"/>
                <property name="protocol" value="1"/>
                <property name="suite" value="hero_span 0.1.0, adapter contract 1, protocol 1"/>
                <property name="seed" value="7"/>
                <property name="date" value="2026-01-02T03:04:05Z"/>
                <property name="took" value="12.3 s"/>
                <property name="conclusion" value="not-conformant"/>
                <property name="exit code" value="1"/>
            </properties>
            <testcase name="&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n" classname="python.unit tests" time="0.003">
                <failure message="expected &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n, found &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n" type="unit-tests">&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    unit-tests, &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      expected &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      found    &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    expected tree
      &gt; &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    found tree
      &gt; flow
    replay   &lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&quot;&apos;&amp;::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    </failure>
            </testcase>
        </testsuite>
        <testsuite name="conclusion" tests="1" disabled="0" errors="0" failures="1" timestamp="2026-01-02T03:04:05.000+00:00" time="12.340">
            <properties>
                <property name="SDK" value="python 1.0.0"/>
                <property name="protocol" value="1"/>
                <property name="suite" value="hero_span 0.1.0, adapter contract 1, protocol 1"/>
                <property name="seed" value="7"/>
                <property name="date" value="2026-01-02T03:04:05Z"/>
                <property name="took" value="12.3 s"/>
                <property name="conclusion" value="not-conformant"/>
                <property name="exit code" value="1"/>
            </properties>
            <testcase name="conclusion" classname="python.conclusion">
                <failure message="NOT CONFORMANT: see the failures" type="not-conformant">case value.cut/gone is listed: take it off</failure>
            </testcase>
        </testsuite>
    </testsuites>
    "###);
}
