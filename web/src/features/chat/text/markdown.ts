/** The small Markdown of messages: which text gets it, how it is parsed, and what is let through. */

import type { Root as HastRoot } from "hast";
import type { Nodes, Parents, PhrasingContent, Root } from "mdast";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";
import type { Options as Schema } from "rehype-sanitize";
import type { Processor } from "unified";
import { linkPieces } from "./links";

/** Longer texts are shown as they are, with links. UTF-16 code units. */
export const MAX_LENGTH = 10_000;
/** Texts with more characters that could mark something up are shown as they are: parsing them may take quadratic time. */
export const MAX_MARKS = 400;
/** Deeper quotes and lists on one line likewise. */
export const MAX_DEPTH = 8;

const MARKS = /[*_~`[\]<\\]/g;
const SOME_MARK = /[*_~`[\\<]|^[ \t]{0,3}(?:>|[-+][ \t]|\d{1,9}[.)][ \t])/m;
const CONTAINERS = /^(?:[ \t]*(?:>|[-+*](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$)))+/gm;
const INDENT = /^[ \t]{24,}/m;

/** Whether a text has any Markdown in it, and little enough of it to be parsed in no time. */
export function isMarkdown(text: string): boolean {
  if (text.length > MAX_LENGTH || !SOME_MARK.test(text)) return false;
  if ((text.match(MARKS)?.length ?? 0) > MAX_MARKS || INDENT.test(text)) return false;
  let containers = 0;
  for (const [found] of text.matchAll(CONTAINERS)) {
    const depth = found.match(/>|[-+*]|\d[.)]/g)?.length ?? 0;
    containers += depth;
    if (depth > MAX_DEPTH || containers > MAX_MARKS) return false;
  }
  return true;
}

/** remark: only what messages may have. Headings, rules, images, HTML, indented code and definitions stay text. */
export function messageSyntax(this: Processor): void {
  const data = this.data() as { micromarkExtensions?: unknown[]; fromMarkdownExtensions?: unknown[] };
  (data.micromarkExtensions ??= []).push(gfmStrikethrough({ singleTilde: false }), {
    disable: {
      null: [
        "characterReference",
        "codeIndented",
        "definition",
        "headingAtx",
        "htmlFlow",
        "htmlText",
        "labelStartImage",
        "setextUnderline",
        "thematicBreak",
      ],
    },
  });
  (data.fromMarkdownExtensions ??= []).push(gfmStrikethroughFromMarkdown());
}

/** remark: addresses in text become links. */
export function bareLinks() {
  return (tree: Root): void => {
    linkify(tree);
  };
}

function isParent(node: Nodes): node is Parents {
  return "children" in node;
}

function linkify(node: Parents): void {
  const children: Nodes[] = [];
  for (const child of node.children as Nodes[]) {
    if (child.type === "text") children.push(...linked(child.value));
    else {
      if (isParent(child) && child.type !== "link") linkify(child);
      children.push(child);
    }
  }
  (node as { children: Nodes[] }).children = children;
}

function linked(text: string): PhrasingContent[] {
  return linkPieces(text).map((piece) =>
    "href" in piece
      ? { type: "link", url: piece.href, children: [{ type: "text", value: piece.text }] }
      : { type: "text", value: piece.text },
  );
}

/** rehype: line ends between blocks and after `br` are the parser's, not the writer's; where white space is kept they would show. */
export function noStrayLines() {
  return (tree: HastRoot): void => {
    tidy(tree);
  };
}

const BLOCKS = new Set(["blockquote", "ul", "ol", "li"]);

function tidy(node: HastRoot | HastRoot["children"][number]): void {
  if (!("children" in node)) return;
  const blocks = node.type === "root" || (node.type === "element" && BLOCKS.has(node.tagName));
  const children = node.children as HastRoot["children"];
  if (blocks) (node as HastRoot).children = children.filter((child) => child.type !== "text" || child.value.trim() !== "");
  (node as HastRoot).children = (node as HastRoot).children.filter((child, at, all) => !(isLineEnd(child) && isBreak(all[at - 1])));
  for (const child of node.children) tidy(child);
}

type Child = HastRoot["children"][number];
const isLineEnd = (child: Child): boolean => child.type === "text" && child.value === "\n";
const isBreak = (child: Child | undefined): boolean => child?.type === "element" && child.tagName === "br";

/** What may come out at the end, whatever went in. */
export const SCHEMA: Schema = {
  tagNames: ["p", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a", "br"],
  attributes: { a: ["href"], ol: ["start"] },
  protocols: { href: ["http", "https", "mailto"] },
  strip: ["script", "style"],
  clobber: [],
  ancestors: {},
  required: {},
};
