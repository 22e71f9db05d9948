/** Draws the PNG icons from public/icon.svg with a local Chromium: `node scripts/icons.mjs`. Only after the drawing has changed. */

import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "playwright";

const folder = new URL("../public/", import.meta.url);
const round = await readFile(new URL("icon.svg", folder), "utf8");
// A mask may cut to the inner 80 %: the ground fills the square, the letter shrinks to fit.
const square = round
  .replace('<circle cx="256" cy="256" r="256" fill="#0f6b5c"/>', '<path fill="#0f6b5c" d="M0 0h512v512H0z"/>')
  .replace('transform="translate(8 -20)"', 'transform="translate(51.2 51.2) scale(.8) translate(8 -20)"');

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
for (const [name, size, svg] of [
  ["icon-180.png", 180, square.replace("scale(.8)", "scale(.9)").replace("translate(51.2 51.2)", "translate(25.6 25.6)")],
  ["icon-192.png", 192, round],
  ["icon-512.png", 512, round],
  ["icon-maskable-512.png", 512, square],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<body style="margin:0">${svg.replace("<svg ", `<svg width="${size}" height="${size}" style="display:block" `)}`);
  await writeFile(new URL(name, folder), await page.screenshot({ omitBackground: true }));
  await page.close();
}
await browser.close();
