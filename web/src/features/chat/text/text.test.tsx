/** Messages' text: what is let through, what is refused, and that nothing takes long. */

import { render } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { linkPieces, safeHref, trueTarget } from "./links";
import { isMarkdown, MAX_LENGTH } from "./markdown";
import { isFewEmoji, MessageText } from "./MessageText";

let id = 0;

function html(text: string): HTMLElement {
  id += 1;
  const { container } = render(<MessageText id={String(id)} text={text} />);
  return container.firstElementChild as HTMLElement;
}

const ALLOWED = new Set(["DIV", "P", "STRONG", "EM", "DEL", "CODE", "PRE", "BLOCKQUOTE", "UL", "OL", "LI", "A", "BR", "BDI", "SPAN"]);
const ATTRIBUTES = new Set(["class", "dir", "href", "rel", "target", "start", "tabindex", "data-emoji"]);

/** Holds for every message, whatever it says. */
function harmless(element: HTMLElement): void {
  for (const each of [element, ...element.querySelectorAll("*")]) {
    expect(ALLOWED).toContain(each.tagName);
    for (const { name } of each.attributes) expect(ATTRIBUTES).toContain(name);
  }
  for (const link of element.querySelectorAll("a")) {
    expect(link.getAttribute("href")).toMatch(/^(?:https?:\/\/|mailto:)/);
    expect(link.rel).toBe("noopener noreferrer nofollow");
    expect(link.target).toBe("_blank");
  }
}

describe("Markdown in messages", () => {
  it.each([
    ["**bold** and *italic*", "<strong>bold</strong>", "<em>italic</em>"],
    ["~~gone~~", "<del>gone</del>", "gone"],
    ["`code`", '<code dir="auto">code</code>', "code"],
    ["```\na < b\n```", '<pre tabindex="0" dir="auto"><code dir="auto">a &lt; b\n</code></pre>', "a"],
    ["> quoted\n> twice", '<blockquote dir="auto">', "<br>"],
    ["- one\n- two", '<ul><li dir="auto">one</li><li dir="auto">two</li></ul>', "one"],
    ["3. three\n4. four", '<ol start="3">', "four"],
    ["*one*\ntwo", "<br>", "two"],
  ])("%j", (text, ...parts) => {
    const found = html(text);
    harmless(found);
    for (const part of parts) expect(found.innerHTML).toContain(part);
  });

  it.each([
    "# no heading",
    "===\n---",
    "    *not code*",
    "![picture](https://example.org/a.png)",
    "*a*\n***\nb",
    "[a]: https://example.org\n[a]",
  ])("has none of %j", (text) => {
    const found = html(text);
    harmless(found);
    expect(found.querySelector("h1,h2,hr,img,pre")).toBeNull();
    expect(found.textContent).toMatch(/\S/);
  });

  it("breaks a line once where it was broken once", () => {
    const found = html("*one*\ntwo\nthree");
    expect(found.querySelectorAll("br")).toHaveLength(2);
    expect(found.textContent).toBe("onetwothree");
  });

  it("keeps names of characters as they were typed", () => {
    expect(html("*a* &amp; &#60;b&#62; &lt;").textContent).toBe("a &amp; &#60;b&#62; &lt;");
  });
});

describe("what someone might try", () => {
  it.each([
    "<script>alert(1)</script>",
    "*x* <script>alert(1)</script>",
    "<img src=x onerror=alert(1)> *x*",
    "*x* <a href='javascript:alert(1)'>a</a>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#115;cript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](\u0001javascript:alert(1))",
    "[a](<javascript:alert(1)>)",
    "<javascript:alert(1)>",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:msgbox(1))",
    "[a](file:///etc/passwd)",
    "[a](blob:https://example.org/1)",
    "[a](//example.org)",
    "[a](/settings)",
    "[a](https://)",
    '[a](https://example.org "title\\" onmouseover=alert(1)")',
    "![a](javascript:alert(1))",
    "[![a](javascript:alert(1))](javascript:alert(2))",
    'https://example.org/"onmouseover="alert(1)',
    "*x*\n\n<style>*{display:none}</style>",
    "<!-- --><b>*x*</b>",
    "*x*<svg/onload=alert(1)>",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "`</code><script>alert(1)</script>`",
  ])("%j is harmless", (text) => {
    harmless(html(text));
  });

  it("leaves HTML as text", () => {
    expect(html("*x* <b>not bold</b>").textContent).toBe("x <b>not bold</b>");
  });

  it("keeps each text's direction to itself", () => {
    expect(html("\u202egnitirw *x*").querySelector("p")?.dir).toBe("auto");
    expect(html("\u202e plain").querySelector("p")?.dir).toBe("auto");
  });
});

describe("links", () => {
  it.each([
    ["see https://example.org/a.", "https://example.org/a"],
    ["(https://example.org/a)", "https://example.org/a"],
    ["(see https://en.wikipedia.org/wiki/A_(b))", "https://en.wikipedia.org/wiki/A_(b)"],
    ["«https://example.org», yes", "https://example.org"],
    ["HTTPS://EXAMPLE.ORG/x?y=1&z=2#w!", "HTTPS://EXAMPLE.ORG/x?y=1&z=2#w"],
    ["a https://example.org/*x*, *b*", "https://example.org/"],
  ])("are found in %j", (text, address) => {
    const link = html(text).querySelector("a");
    expect(link?.textContent).toBe(address);
    expect(link?.href.toLowerCase()).toBe(new URL(address).href.toLowerCase());
  });

  it("are not made of other schemes, of words or within code", () => {
    expect(linkPieces("javascript:alert(1) ftp://example.org file:///etc/passwd example.org xhttps://example.org")).toHaveLength(1);
    expect(html("`https://example.org`").querySelector("a")).toBeNull();
    expect(html("[https://a.example](https://b.example)").querySelectorAll("a")).toHaveLength(1);
  });

  it.each([
    ["https://example.org/a", "https://example.org/a", null],
    ["example.org", "https://example.org/", null],
    ["example.org/path", "https://example.org/path", null],
    ["here", "https://example.org/", "example.org"],
    ["https://bank.example", "https://evil.example/", "evil.example"],
    ["https://bank.example@evil.example/", "https://bank.example@evil.example/", "evil.example"],
    ["bank.example", "https://evil.example/", "evil.example"],
    ["bank.example evil.example", "https://evil.example/", "evil.example"],
    ["evil.example.bank.example", "https://evil.example/", "evil.example"],
    ["https://\u202eelpmaxe", "https://evil.example/", "evil.example"],
    ["https://аpple.com/", "https://аpple.com/", "xn--pple-43d.com"],
    ["https://example.org:8443/", "https://example.org:8443/", null],
    ["https://example.org/", "https://example.org:8443/", "example.org:8443"],
    ["write me", "mailto:a@example.org", "a@example.org"],
    ["a@example.org", "mailto:a@example.org", null],
    ["a@example.org", "mailto:b@example.org", "b@example.org"],
  ])("%j to %j shows %j", (text, href, truth) => {
    expect(trueTarget(text, safeHref(href) ?? "")).toBe(truth);
  });

  it("show the true host in the message", () => {
    expect(html("[https://bank.example](https://evil.example/x)").textContent).toBe("https://bank.example (evil.example)");
  });
});

describe("large and odd texts", () => {
  const LIMIT = 64 * 1024;
  const fill = (unit: string): string => unit.repeat(Math.floor(LIMIT / unit.length));

  it.each([
    "*",
    "[",
    ">",
    "> ",
    "- ",
    "`",
    "~",
    "_",
    "\\",
    "<",
    "[a](",
    "**a ",
    "*a_",
    "![",
    "1. ",
    "\n> ",
    "\n- ",
    "https://",
    "http://a.b ",
    "<a ",
    "``a",
    "&#1;",
    "](",
  ])("64 KiB of %j are shown as they are", (unit) => {
    const text = fill(unit);
    expect(isMarkdown(text)).toBe(false);
    const found = html(text);
    harmless(found);
    expect(found.textContent?.length).toBeGreaterThanOrEqual(text.length);
  });

  it.each([
    "*",
    "[",
    ">",
    "> ",
    "- ",
    "`",
    "**a ",
    "*a_",
    "[a](",
    "~~a",
    "[a](b",
    "\n> ",
    "1. a\n",
    "a\n\n",
    "<a@b.c>",
    "`a``b",
    "*a **b ",
    "[[a](",
  ])("as much of %j as is parsed is harmless", (unit) => {
    let repeats = Math.floor(MAX_LENGTH / unit.length);
    while (!isMarkdown(unit.repeat(repeats)) && repeats > 1) repeats = Math.floor(repeats * 0.9);
    harmless(html(unit.repeat(repeats)));
  });

  it("lists that go ever deeper are shown as they are", () => {
    const deep = Array.from({ length: 60 }, (_, depth) => `${"  ".repeat(depth)}- a`).join("\n");
    expect(isMarkdown(deep)).toBe(false);
    harmless(html(deep));
  });

  it("few emoji stand large", () => {
    expect(isFewEmoji("👍")).toBe(true);
    expect(isFewEmoji("👩‍👩‍👧‍👦 ❤️ 🇩🇪")).toBe(true);
    expect(isFewEmoji("👍👍👍👍")).toBe(false);
    expect(isFewEmoji("12")).toBe(false);
    expect(isFewEmoji("ok 👍")).toBe(false);
    expect(isFewEmoji("")).toBe(false);
  });
});
