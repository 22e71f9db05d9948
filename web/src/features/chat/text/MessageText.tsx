/** A message's text: Markdown's small subset, links that say where they lead, nothing that could reach out of its bubble. */

import { memo, type ReactElement, type ReactNode } from "react";
import Markdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkBreaks from "remark-breaks";
import { kept } from "./kept";
import { linkPieces, safeHref, trueTarget } from "./links";
import { bareLinks, isMarkdown, messageSyntax, noStrayLines, SCHEMA } from "./markdown";
import styles from "./MessageText.module.css";

function plainText(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(plainText).join("");
  if (typeof node === "object" && node !== null && "props" in node) return plainText((node.props as { children?: ReactNode }).children);
  return "";
}

/** A link to elsewhere; beside it the host where the text does not tell it. */
export function OutsideLink({ href, children }: { href: string | undefined; children: ReactNode }): ReactElement {
  const target = safeHref(href);
  if (target === null) return <>{children}</>;
  const truth = trueTarget(plainText(children), target);
  return (
    <>
      <a href={target} rel="noopener noreferrer nofollow" target="_blank" dir="auto">
        {children}
      </a>
      {truth !== null && (
        <bdi className={styles.host}>
          {" "}
          (<span>{truth}</span>)
        </bdi>
      )}
    </>
  );
}

const components: Components = {
  a: ({ href, children }) => <OutsideLink href={href}>{children}</OutsideLink>,
  p: ({ children }) => <p dir="auto">{children}</p>,
  li: ({ children }) => <li dir="auto">{children}</li>,
  blockquote: ({ children }) => <blockquote dir="auto">{children}</blockquote>,
  ul: ({ children }) => <ul>{children}</ul>,
  ol: ({ children, start }) => <ol start={start}>{children}</ol>,
  code: ({ children }) => <code dir="auto">{children}</code>,
  pre: ({ children }) => (
    // Focusable, because it scrolls by itself.
    <pre tabIndex={0} dir="auto">
      {children}
    </pre>
  ),
};

const remarkPlugins = [messageSyntax, remarkBreaks, bareLinks];
const rehypePlugins: Parameters<typeof Markdown>[0]["rehypePlugins"] = [[rehypeSanitize, SCHEMA], noStrayLines];

function render(text: string): ReactElement {
  // Called, not rendered: it has no state, and what it answers is kept.
  if (isMarkdown(text)) return Markdown({ children: text, remarkPlugins, rehypePlugins, components });
  return (
    <p dir="auto">
      {linkPieces(text).map((piece, at) =>
        "href" in piece ? (
          <OutsideLink key={at} href={piece.href}>
            {piece.text}
          </OutsideLink>
        ) : (
          piece.text
        ),
      )}
    </p>
  );
}

function rendered(id: string, text: string): ReactElement {
  const known = kept.get(id, text);
  if (known !== null) return known;
  const element = render(text);
  kept.set(id, text, element);
  return element;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Whether a text is nothing but one to three emoji. */
export function isFewEmoji(text: string): boolean {
  if (text.length > 60) return false;
  const segments = [...graphemes.segment(text.trim())].map(({ segment }) => segment).filter((segment) => segment.trim() !== "");
  return (
    segments.length > 0 && segments.length <= 3 && segments.every((segment) => /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u.test(segment))
  );
}

/** The text; `id` names it and its version (a reference and a revision), and what was rendered for it is kept. */
export const MessageText = memo(function MessageText({ id, text }: { id: string; text: string }): ReactElement {
  return (
    <div className={styles.text} data-emoji={isFewEmoji(text) || undefined}>
      {rendered(id, text)}
    </div>
  );
});
