/** What browsers have and jsdom has not, as far as the components under test ask for it. */

const css = (globalThis.CSS ??= {} as typeof CSS);
css.escape ??= (text: string) => text.replace(/[^\w-]/g, (sign) => `\\${sign}`);

globalThis.matchMedia ??= (query: string) =>
  Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  }) as MediaQueryList;
