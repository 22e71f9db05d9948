/** The signs of unread messages on the tab: the count in the title, a dot on the icon. */

const MARK = /^\(\d+\+?\) /;

/** A title with the count before it; another count is replaced. */
export function titled(title: string, unread: number): string {
  const bare = title.replace(MARK, "");
  if (unread === 0) return bare;
  return `(${unread > 99 ? "99+" : String(unread)}) ${bare}`;
}

const SIZE = 64;

async function draw(href: string): Promise<string | null> {
  const image = new Image(SIZE, SIZE);
  image.src = href;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  if (pen === null) return null;
  pen.drawImage(image, 0, 0, SIZE, SIZE);
  const at = SIZE * 0.76;
  // A rim of nothing sets the dot off from whatever the icon is.
  pen.globalCompositeOperation = "destination-out";
  pen.beginPath();
  pen.arc(at, SIZE - at, SIZE * 0.28, 0, 2 * Math.PI);
  pen.fill();
  pen.globalCompositeOperation = "source-over";
  pen.fillStyle = "#b3261e";
  pen.beginPath();
  pen.arc(at, SIZE - at, SIZE * 0.22, 0, 2 * Math.PI);
  pen.fill();
  return canvas.toDataURL("image/png");
}

/** The tab's icon, with and without a dot. */
export class TabIcon {
  readonly #link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  readonly #plain = this.#link?.getAttribute("href") ?? null;
  #dotted: Promise<string | null> | null = null;
  #wanted = false;

  async show(dot: boolean): Promise<void> {
    this.#wanted = dot;
    if (this.#link === null || this.#plain === null) return;
    if (!dot) {
      this.#link.href = this.#plain;
      return;
    }
    // Without the picture the title's count says the same.
    this.#dotted ??= draw(this.#plain).catch(() => null);
    const dotted = await this.#dotted;
    if (this.#wanted && dotted !== null) this.#link.href = dotted;
  }
}
