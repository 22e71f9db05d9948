/** A QR code as SVG: dark on white in every theme, with the quiet zone that scanners need. */

import { useMemo } from "react";
import { encode } from "uqr";
import styles from "./QrCode.module.css";

/** Modules of white around the code (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/** The dark modules as one path, each row's runs as rectangles of height 1. */
export function pathOf(modules: readonly (readonly boolean[])[]): string {
  let path = "";
  modules.forEach((row, y) => {
    let x = 0;
    while (x < row.length) {
      let end = x;
      while (row[end] === true) end++;
      if (end > x) path += `M${x} ${y}h${end - x}v1h${x - end}z`;
      x = Math.max(end, x + 1);
    }
  });
  return path;
}

/** `label`: what it is, for those who do not see it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { ecc: "M", border: QUIET_ZONE });
    return { size: code.size, path: pathOf(code.data) };
  }, [text]);
  return (
    <svg className={styles.code} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img" aria-label={label}>
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  );
}
