//! Each format of one report, as people see it.

use hero_span_conformance::{Report, ReportFormat};

use crate::sample;

fn look(format: ReportFormat) -> String {
    sample::full().render(format)
}

#[test]
fn the_terminal_shows_what_is_new_first() {
    insta::assert_snapshot!(look(ReportFormat::Text), @r###"
    FAILED  value.cut/ends-on-a-code-point
      A character that does not fit whole is left out.
      value.cut, value, connection 1, line 2
        expected 4096 bytes
        found    4095 bytes
        contract A string over its limit is cut to its longest prefix that fits and ends on a code point.
      expected tree
          flow nightly
        >   tag note = "éééééééé"… (4096 bytes) truncated (value 5000)
            step load
              end ok
            end ok
      found tree
          flow nightly
        >   tag note = "éééééééé"… (4095 bytes) truncated (value 5000)
            step load
              end ok
            end ok
      replay   hero-span conformance run --filter value.cut/ends-on-a-code-point

    FAILED  truncation/7/3
      limit.value
        expected a
        found    b
        contract Bytes of a value: params, result, message, and each value of a tag or a log field.
      value.cut
        expected a
        found    b
        contract A string over its limit is cut to its longest prefix that fits and ends on a code point.
      replay   hero-span conformance run --replay regressions/a.json

    FAILED  truncation/7/9, like truncation/7/3

    FAILED  unit tests, <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      unit-tests, <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
        expected <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
        found    <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      expected tree
        > <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      found tree
        > flow
      replay   <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n

    ADVICE  sdk.clock/steps
      sdk.clock (SHOULD)
        expected a
        found    b
        contract The wall clock is read once; a monotonic clock is added to it.

    NOT EVALUATED  sdk.bounded/stalls: the adapter ended (exit 1)
    stderr: <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}

    known  value.error/head: cuts early (https://example.org/1)

    SDK python 1.0.0; protocol 1; suite hero_span 0.1.0, adapter contract 1, protocol 1; seed 7; date 2026-01-02T03:04:05Z

                    ran  passed  failed advice  known  skipped  not evaluated  ms each
    cases             4       1       1      1      1        1              1    300.0
    truncation        2       0       2      0      0        0              0    750.0
    unit tests        1       0       1      0      0        0              0   1500.0

    cases: 1 skipped, the SDK does not have: fork
    truncation: 3 of 4 stalls made the SDK drop lines
    known failures: case value.cut/gone is listed: take it off

    NOT CONFORMANT: see the failures (12.3 s)
    "###);
}

#[test]
fn markdown_folds_each_failure() {
    insta::assert_snapshot!(look(ReportFormat::Markdown), @r###"
    ## ❌ <code>python 1.0.0</code>

    NOT CONFORMANT: see the failures

    | | ran | passed | failed | advice | known | skipped | not evaluated | took |
    |---|--:|--:|--:|--:|--:|--:|--:|--:|
    | <code>cases</code> | 4 | 1 | 1 | 1 | 1 | 1 | 1 | 1.5 s |
    | <code>truncation</code> | 2 | 0 | 2 | 0 | 0 | 0 | 0 | 1.5 s |
    | <code>unit tests</code> | 1 | 0 | 1 | 0 | 0 | 0 | 0 | 1.5 s |

    - cases&#58; 1 skipped, the SDK does not have&#58; fork
    - truncation&#58; 3 of 4 stalls made the SDK drop lines
    - known failures&#58; case value.cut/gone is listed&#58; take it off

    ### Failures

    <details><summary><code>value.cut/ends-on-a-code-point</code></summary>

    ```text
    A character that does not fit whole is left out.
    value.cut, value, connection 1, line 2
      expected 4096 bytes
      found    4095 bytes
      contract A string over its limit is cut to its longest prefix that fits and ends on a code point.
    expected tree
        flow nightly
      >   tag note = "éééééééé"… (4096 bytes) truncated (value 5000)
          step load
            end ok
          end ok
    found tree
        flow nightly
      >   tag note = "éééééééé"… (4095 bytes) truncated (value 5000)
          step load
            end ok
          end ok
    replay   hero-span conformance run --filter value.cut/ends-on-a-code-point
    ```

    </details>

    <details><summary><code>truncation/7/3</code></summary>

    ```text
    limit.value
      expected a
      found    b
      contract Bytes of a value: params, result, message, and each value of a tag or a log field.
    value.cut
      expected a
      found    b
      contract A string over its limit is cut to its longest prefix that fits and ends on a code point.
    replay   hero-span conformance run --replay regressions/a.json
    ```

    </details>

    <details><summary><code>unit tests, &#60;script&#62;alert(1)&#60;/script&#62;&#93;&#93;&#62;&#34;&#39;&#38;&#58;&#58;error&#58;&#58;&#37;0A&#96;&#96;&#96;&#124;&#35; &#64;all &#92;u&#123;1b&#125;&#91;31m&#92;u&#123;202e&#125;&#92;u&#123;0&#125;&#92;r&#92;n</code></summary>

    ````text
    <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    unit-tests, <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      expected <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
      found    <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    expected tree
      > <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    found tree
      > flow
    replay   <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    ````

    </details>

    ### Advice

    <details><summary><code>sdk.clock/steps</code></summary>

    ```text
    sdk.clock (SHOULD)
      expected a
      found    b
      contract The wall clock is read once; a monotonic clock is added to it.
    ```

    </details>

    ### Not evaluated

    <code>cases</code>:

    ````text
    sdk.bounded/stalls: the adapter ended (exit 1)
    stderr: <script>alert(1)</script>]]>"'&::error::%0A```|# @all \u{1b}[31m\u{202e}\u{0}
    ````


    <details><summary>Known failures</summary>

    - <code>value.error/head</code>: cuts early (https&#58;//example.org/1)

    </details>

    SDK: python 1.0.0 · protocol: 1 · suite: hero&#95;span 0.1.0, adapter contract 1, protocol 1 · seed: 7 · date: 2026-01-02T03&#58;04&#58;05Z · took: 12.3 s · conclusion: not-conformant · exit code: 1
    "###);
}

#[test]
fn github_is_given_an_annotation_for_each_failure() {
    insta::assert_snapshot!(look(ReportFormat::Github), @r###"
    ::error file=conformance/cases/value.cut.json,title=value.cut/ends-on-a-code-point::A character that does not fit whole is left out.%0Avalue.cut, value, connection 1, line 2%0A  expected 4096 bytes%0A  found    4095 bytes%0A  contract A string over its limit is cut to its longest prefix that fits and ends on a code point.%0Aexpected tree%0A    flow nightly%0A  >   tag note = "éééééééé"… (4096 bytes) truncated (value 5000)%0A      step load%0A        end ok%0A      end ok%0Afound tree%0A    flow nightly%0A  >   tag note = "éééééééé"… (4095 bytes) truncated (value 5000)%0A      step load%0A        end ok%0A      end ok%0Areplay   hero-span conformance run --filter value.cut/ends-on-a-code-point
    ::error title=truncation/7/3::limit.value%0A  expected a%0A  found    b%0A  contract Bytes of a value: params, result, message, and each value of a tag or a log field.%0Avalue.cut%0A  expected a%0A  found    b%0A  contract A string over its limit is cut to its longest prefix that fits and ends on a code point.%0Areplay   hero-span conformance run --replay regressions/a.json
    ::error title=<script>alert(1)</script>]]>"'&%3A%3Aerror%3A%3A%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n::<script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n%0Aunit-tests, <script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n%0A  expected <script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n%0A  found    <script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n%0Aexpected tree%0A  > <script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n%0Afound tree%0A  > flow%0Areplay   <script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}\r\n
    ::warning file=conformance/cases/sdk.clock.json,title=SHOULD%3A sdk.clock/steps::sdk.clock (SHOULD)%0A  expected a%0A  found    b%0A  contract The wall clock is read once; a monotonic clock is added to it.
    ::notice file=conformance/cases/value.error.json,title=known failure%3A value.error/head::cuts early (https://example.org/1)
    ::error title=not evaluated%3A cases::sdk.bounded/stalls: the adapter ended (exit 1)%0Astderr: <script>alert(1)</script>]]>"'&::error::%250A```|# @all \u{1b}[31m\u{202e}\u{0}
    ::error title=known failures::case value.cut/gone is listed: take it off
    ::error title=NOT CONFORMANT%3A see the failures::SDK: python 1.0.0%0Aprotocol: 1%0Asuite: hero_span 0.1.0, adapter contract 1, protocol 1%0Aseed: 7%0Adate: 2026-01-02T03:04:05Z%0Atook: 12.3 s%0Aconclusion: not-conformant%0Aexit code: 1
    "###);
}

/// What a badge says, and in which colour.
fn badge(report: &Report) -> (String, String) {
    let badge = report.render(ReportFormat::Badge);
    let between = |from: &str, to: &str| {
        let rest = badge.split_once(from).unwrap().1;
        rest.split_once(to).unwrap().0.to_owned()
    };
    let title = between("<title id=\"title\">", "</title>");
    assert!(badge.contains(&format!(">{}</text>", title.rsplit(": ").next().unwrap())));
    let colour = badge
        .rsplit_once("<rect")
        .unwrap()
        .1
        .split_once("fill=\"")
        .unwrap()
        .1;
    (title, colour.split('"').next().unwrap().to_owned())
}

#[test]
fn a_badge_says_how_the_run_ended() {
    let of = |report, words: &str, colour: &str| {
        let title = format!("hero_span contract, SDK python 1.0.0: {words}");
        assert_eq!(badge(&report), (title, colour.to_owned()));
    };
    of(sample::conformant(), "conformant", "#1a7f37");
    of(sample::full(), "4 failures", "#cf222e");
    of(sample::not_evaluated(), "not evaluated", "#5c636b");
    of(sample::stale(), "stale list", "#8a5300");
}

/// Whatever a name holds, no format hands a terminal or a reader anything that
/// steers it.
#[test]
fn nothing_steers_a_terminal_or_turns_text_around() {
    let formats = [
        ReportFormat::Text,
        ReportFormat::Junit,
        ReportFormat::Tap,
        ReportFormat::Markdown,
        ReportFormat::Github,
        ReportFormat::Html,
        ReportFormat::Badge,
    ];
    for report in [sample::full(), sample::stale(), sample::not_evaluated()] {
        for format in formats {
            let text = report.render(format);
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(steers), "{format:?}: {text:?}");
            let bare = "<script>";
            let takes_html = !matches!(
                format,
                ReportFormat::Text
                    | ReportFormat::Tap
                    | ReportFormat::Github
                    | ReportFormat::Markdown
            );
            assert!(!takes_html || !text.contains(bare), "{format:?}: {text}");
        }
    }
}

#[test]
fn each_format_holds_the_facts_of_the_run() {
    for format in [
        ReportFormat::Text,
        ReportFormat::Json,
        ReportFormat::Junit,
        ReportFormat::Tap,
        ReportFormat::Markdown,
        ReportFormat::Github,
        ReportFormat::Html,
        ReportFormat::Badge,
    ] {
        // Markdown writes a colon so that it makes no link.
        let text = look(format).replace("&#58;", ":");
        for fact in [
            "python",
            "1.0.0",
            "0.1.0",
            "2026-01-02T03:04:05Z",
            "12.3",
            "7",
        ] {
            assert!(text.contains(fact), "{format:?} without {fact}: {text}");
        }
    }
}
