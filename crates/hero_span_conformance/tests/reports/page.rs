//! The HTML page in a real browser.

use hero_span_conformance::ReportFormat;
use serde_json::{Value, json};

use crate::browser::{Browser, View};
use crate::sample;
use crate::tools::npm;

fn page() -> String {
    sample::full().render(ReportFormat::Html)
}

const VIEWS: [View; 4] = [
    View::DESKTOP,
    View::PHONE,
    View {
        scheme: "dark",
        ..View::DESKTOP
    },
    View {
        scheme: "dark",
        ..View::PHONE
    },
];

const UNFOLD: &str = "document.querySelectorAll('details').forEach(each => each.open = true)";

#[test]
fn nothing_is_loaded_run_or_complained_of() {
    let mut browser = Browser::start();
    for view in VIEWS {
        browser.open(&page(), "", view);
        assert_eq!(browser.complaints(), Vec::<&Value>::new(), "{view:?}");
        assert_eq!(browser.requests().len(), 1, "{view:?}");
    }
    assert_eq!(browser.evaluate("document.scripts.length"), 0);
}

#[test]
fn the_policy_holds_and_a_browser_would_say_so() {
    let mut browser = Browser::start();
    let style = page().replace("<style>", "<style>b{color:red}");
    let script = page().replace("<main", "<script>document.title = 'run'</script><main");
    let image = page().replace("<main", "<img src='x.png' alt=''><main");
    for broken in [style, script, image] {
        browser.open(&broken, "", View::DESKTOP);
        assert_eq!(browser.complaints().len(), 1);
        assert_ne!(browser.evaluate("document.title"), "run");
    }
}

#[test]
fn it_reads_without_scripts() {
    let mut browser = Browser::start();
    let view = View {
        scripts: false,
        ..View::DESKTOP
    };
    browser.open(&page(), "", view);
    let text = browser.evaluate("document.body.innerText");
    let text = text.as_str().unwrap();
    for told in [
        "4 failures",
        "4096 bytes",
        "value.cut",
        "<script>alert(1)</script>]]>",
    ] {
        assert!(text.contains(told), "without {told}: {text}");
    }
    let colour = browser.evaluate("getComputedStyle(document.querySelector('.bad')).color");
    assert_ne!(colour, "rgb(0, 0, 0)", "the style is not taken");
}

#[test]
fn nothing_is_wider_than_the_screen() {
    let mut browser = Browser::start();
    for width in [320, 390, 1280] {
        let view = View {
            width,
            ..View::PHONE
        };
        browser.open(&page(), "", view);
        browser.picture(&format!("{width}"));
        browser.evaluate(UNFOLD);
        let wide = browser.evaluate("document.documentElement.scrollWidth");
        assert_eq!(wide, width);
        let out = "[...document.querySelectorAll('body *')].filter(each => \
            !each.closest('pre, .wide, .skip') && each.getBoundingClientRect().right > innerWidth + 1)\
            .map(each => each.outerHTML)";
        assert_eq!(browser.evaluate(out), json!([]), "at {width}");
    }
}

#[test]
fn axe_finds_nothing_in_either_scheme() {
    let axe = std::fs::read_to_string(npm("axe-core/axe.min.js")).unwrap();
    let run = "axe.run({preload: false}).then(found => ({\
        passes: found.passes.map(each => each.id),\
        violations: found.violations.map(each => [each.id, each.nodes.map(node => node.html + node.failureSummary)])}))";
    let mut browser = Browser::start();
    for view in VIEWS {
        browser.open(&page(), "", view);
        browser.picture(&format!("{}-{}", view.width, view.scheme));
        browser.evaluate(UNFOLD);
        browser.evaluate(&format!("{axe};0"));
        let found = browser.evaluate(run);
        assert_eq!(found["violations"], json!([]), "{view:?}");
        let passes = found["passes"].as_array().unwrap();
        for rule in ["color-contrast", "skip-link", "region"] {
            assert!(passes.contains(&json!(rule)), "{rule} of {passes:?}");
        }
    }
}

#[test]
fn the_tab_key_reaches_everything_in_order() {
    let mut browser = Browser::start();
    browser.open(&page(), "", View::DESKTOP);
    let name = |what: &str| format!("({what}).outerHTML.slice(0, 80)");
    let all = "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]\
        .filter(each => !each.parentElement.closest('details:not([open]) > :not(summary)'))";
    let all = browser.evaluate(&format!("{all}.map(each => {})", name("each")));
    let all = all.as_array().unwrap();
    assert!(all.len() > 60, "{all:?}");
    for expected in all {
        browser.press_tab();
        let found = browser.evaluate(&name("document.activeElement"));
        assert_eq!(found, *expected);
        let outline = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle");
        assert_eq!(outline, "solid", "{found}");
        let place = browser.evaluate("document.activeElement.getBoundingClientRect().left >= 0");
        assert_eq!(place, true, "{found}");
    }
}

#[test]
fn anchors_filter_the_clauses() {
    let mut browser = Browser::start();
    let rows = "[...document.querySelectorAll('.clauses tbody tr')]\
        .filter(row => row.offsetHeight > 0).map(row => row.id)";
    browser.open(&page(), "#only-failed", View::DESKTOP);
    assert_eq!(browser.evaluate(rows), json!(["limit.value", "value.cut"]));
    browser.open(&page(), "#only-known", View::DESKTOP);
    assert_eq!(
        browser.evaluate(rows),
        json!(["limit.error", "value.error"])
    );
    browser.open(&page(), "#clauses", View::DESKTOP);
    let all = browser.evaluate(rows);
    assert!(all.as_array().unwrap().len() > 60);
}
