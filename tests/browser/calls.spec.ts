/** Calls between browsers with fake cameras and microphones: what is sent arrives, who leaves is gone, and a lost server ends nothing. */

import { type BrowserContextOptions, type Locator, type Page } from "@playwright/test";

import { expect as briefly, expectAccessible, logIn, photograph, register, test, type World } from "./fixtures.js";
import { acceptFriend, askFriend, composer, createGroup, goTo, message, openChat, send } from "./steps.js";

// Pictures are coded by software here, each for each other one: on a busy machine a connection may take its time.
const expect = briefly.configure({ timeout: 60_000 });
test.describe.configure({ timeout: 300_000 });

declare global {
  interface Window {
    /** Every connection that the page has made. */
    connections: RTCPeerConnection[];
  }
}

function rememberConnections(): void {
  const made: RTCPeerConnection[] = [];
  window.connections = made;
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      made.push(this);
    }
  };
}

interface Caller {
  readonly page: Page;
  readonly words: string;
}

async function caller({ newPage, server }: Pick<World, "newPage" | "server">, name: string, options?: BrowserContextOptions): Promise<Caller> {
  const page = await newPage(options);
  await page.addInitScript(rememberConnections);
  await page.goto(server.url);
  return { page, words: await register(page, name) };
}

async function friends(alice: Page, bob: Page): Promise<void> {
  await askFriend(alice, "bob");
  await acceptFriend(bob, "alice");
  await goTo(alice, "People");
  await alice.getByRole("tab", { name: /^Friends/ }).click();
  await alice.getByRole("button", { name: "Chat with bob" }).click();
  await expect(composer(alice)).toBeVisible();
}

/** What has arrived so far over each connection that stands: bytes of sound, frames of pictures. */
function arrived(page: Page): Promise<{ sound: number; frames: number }[]> {
  return page.evaluate(async () => {
    const standing = window.connections.filter(({ connectionState }) => connectionState === "connected");
    return Promise.all(
      standing.map(async (connection) => {
        let [sound, frames] = [0, 0];
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== "inbound-rtp") continue;
          if (report.kind === "audio") sound += report.bytesReceived;
          else frames += report.framesDecoded;
        }
        return { sound, frames };
      }),
    );
  });
}

/** Sound, or sound and pictures, go on arriving from so many others. */
async function expectFlow(page: Page, others: number, pictures = true): Promise<void> {
  await expect.poll(async () => (await arrived(page)).length).toBe(others);
  const before = await arrived(page);
  const more = async () =>
    (await arrived(page)).map(({ sound, frames }, at) => {
      const then = before[at] ?? { sound: 0, frames: 0 };
      return sound > then.sound + 5_000 && (!pictures || frames > then.frames + 5);
    });
  await expect.poll(more).toEqual(Array<boolean>(others).fill(true));
}

/** How loud three seconds of what arrives are, in the units of WebRTC's statistics. The fake microphone beeps every second. */
async function loudness(page: Page): Promise<number> {
  const heard = () =>
    page.evaluate(async () => {
      let [seconds, energy] = [0, 0];
      for (const connection of window.connections) {
        if (connection.connectionState !== "connected") continue;
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
          seconds += report.totalSamplesDuration;
          energy += report.totalAudioEnergy;
        }
      }
      return { seconds, energy };
    });
  const from = await heard();
  await expect.poll(async () => (await heard()).seconds).toBeGreaterThan(from.seconds + 3);
  return (await heard()).energy - from.energy;
}

const call = (page: Page): Locator => page.getByRole("dialog", { name: /^Call: / });
const tiles = (page: Page): Locator => call(page).getByRole("listitem");
/** Somebody's picture that moves. */
const camera = (page: Page, name: string): Locator => call(page).getByLabel(`${name}’s camera`);

async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name }).click();
}

test("a video call of two: picture, sound, screen, mute, strip, leaving and coming back", async ({ newPage, server }) => {
  const [{ page: alice }, { page: bob }] = await Promise.all([caller({ newPage, server }, "alice"), caller({ newPage, server }, "bob")]);
  await friends(alice, bob);

  await test.step("it rings, and is answered", async () => {
    await press(alice, "Start a video call");
    await expect(call(alice)).toContainText("Waiting for others");
    const incoming = bob.getByRole("region", { name: "Incoming call" });
    await expect(incoming).toContainText("alice");
    await incoming.getByRole("button", { name: "Accept video" }).click();
    await expect(incoming).toHaveCount(0);
  });

  await test.step("sound and picture flow both ways, straight and to the right keys", async () => {
    await Promise.all([expectFlow(alice, 1), expectFlow(bob, 1)]);
    await expect(camera(alice, "bob")).toBeVisible();
    await expect(camera(bob, "alice")).toBeVisible();
    const keys = (page: Page) =>
      page.evaluate(() => {
        const connection = window.connections.find(({ connectionState }) => connectionState === "connected");
        const key = (description: RTCSessionDescription | null | undefined) => /a=fingerprint:(\S+ \S+)/.exec(description?.sdp ?? "")?.[1];
        return { own: key(connection?.localDescription), theirs: key(connection?.remoteDescription), ice: connection?.getConfiguration().iceServers };
      });
    const [here, there] = [await keys(alice), await keys(bob)];
    expect(here.own).toBeDefined();
    expect([here.theirs, there.theirs]).toEqual([there.own, here.own]);
    // the server offers none, and nobody else is asked.
    expect([here.ice, there.ice]).toEqual([[], []]);
  });

  await test.step("no barrier", async () => {
    await photograph(alice, "call-desktop-light");
    await expectAccessible(alice, "a call");
    await press(alice, "Choose devices");
    await expect(alice.getByRole("dialog", { name: "Microphone, camera and speaker" })).toBeVisible();
    await expectAccessible(alice, "the choice of devices");
    await alice.keyboard.press("Escape");
    await expect(call(alice)).toBeVisible();
  });

  await test.step("muted is silent, and seen", async () => {
    const loud = await loudness(bob);
    await alice.keyboard.press("m");
    await expect(tiles(bob).filter({ hasText: "alice" }).getByRole("img", { name: "Muted:" })).toBeVisible();
    // What was on its way when it was muted may still be heard.
    await expect.poll(() => loudness(bob)).toBeLessThan(loud / 1_000);
    await alice.keyboard.press("m");
    await expect.poll(() => loudness(bob)).toBeGreaterThan(loud / 10);
    await expect(bob.getByRole("img", { name: "Muted:" })).toHaveCount(0);
  });

  await test.step("the camera goes off and on, by both at once, too", async () => {
    await alice.keyboard.press("v");
    await expect(camera(bob, "alice")).toHaveCount(0);
    await alice.keyboard.press("v");
    await expect(camera(bob, "alice")).toBeVisible();
    await Promise.all([alice.keyboard.press("v"), bob.keyboard.press("v")]);
    await expect(camera(bob, "alice")).toHaveCount(0);
    await expect(camera(alice, "bob")).toHaveCount(0);
    await Promise.all([alice.keyboard.press("v"), bob.keyboard.press("v")]);
    await Promise.all([expectFlow(alice, 1), expectFlow(bob, 1)]);
  });

  await test.step("a screen is shared", async () => {
    await press(alice, "Share the screen");
    const screen = call(bob).getByLabel("alice’s screen");
    await expect(screen).toBeVisible();
    await expect.poll(() => screen.evaluate((video: HTMLVideoElement) => video.videoWidth > 0 && video.currentTime > 0)).toBe(true);
    await expect(camera(bob, "alice")).toBeVisible();
    await press(alice, "Stop sharing the screen");
    await expect(screen).toHaveCount(0);
  });

  await test.step("one chats beside it", async () => {
    await alice.keyboard.press("Escape");
    await expect(call(alice)).toHaveCount(0);
    await send(alice, "can you hear me");
    await bob.keyboard.press("Escape");
    await openChat(bob, "alice");
    await expect(message(bob, "can you hear me")).toBeVisible();
    await Promise.all([expectFlow(alice, 1, false), expectFlow(bob, 1, false)]);
    await press(bob, /^Open$/);
  });

  await test.step("who leaves is gone, and may come back", async () => {
    await press(alice, "Leave the call");
    await expect(call(bob)).toContainText("Waiting for others");
    expect(await arrived(bob)).toEqual([]);
    await press(alice, /^Join the call/);
    await Promise.all([expectFlow(alice, 1, false), expectFlow(bob, 1, false)]);
  });

  await test.step("a closed tab leaves", async () => {
    await alice.close({ runBeforeUnload: true });
    await expect(call(bob)).toContainText("Waiting for others");
  });
});

test("three are a mesh, which outlives the server", async ({ newPage, server }) => {
  const names = ["alice", "bob", "carol"] as const;
  const callers = await Promise.all(names.map((name) => caller({ newPage, server }, name)));
  const [alice, bob, carol] = callers.map(({ page }) => page) as [Page, Page, Page];
  for (const [page, name] of [
    [bob, "bob"],
    [carol, "carol"],
  ] as const) {
    await askFriend(alice, name);
    await acceptFriend(page, "alice");
  }
  await createGroup(alice, "Harbour", ["bob", "carol"]);

  await test.step("each hears and sees each other one", async () => {
    await press(alice, "Start a video call");
    for (const page of [bob, carol]) await press(page, "Accept video");
    await Promise.all([alice, bob, carol].map((page) => expectFlow(page, 2)));
    await expect(tiles(carol)).toHaveCount(3);
  });

  await test.step("without the server media flow on; with it everyone is in the call again, over the same connections", async () => {
    const made = (page: Page) => page.evaluate(() => window.connections.length);
    const before = await Promise.all([alice, bob, carol].map(made));
    await server.kill();
    await expect(call(alice)).toContainText("The server is out of reach");
    await Promise.all([alice, bob, carol].map((page) => expectFlow(page, 2)));
    await server.start();
    // The longer it was gone, the rarer clients try.
    for (const page of [alice, bob, carol]) await expect(call(page)).not.toContainText("out of reach", { timeout: 90_000 });
    await press(alice, /^Turn camera off/);
    for (const page of [bob, carol]) await expect(camera(page, "alice")).toHaveCount(0);
    await press(alice, /^Turn camera on/);
    await Promise.all([alice, bob, carol].map((page) => expectFlow(page, 2)));
    expect(await Promise.all([alice, bob, carol].map(made))).toEqual(before);
  });

  await test.step("one leaves, two go on", async () => {
    await press(bob, "Leave the call");
    for (const page of [alice, carol]) {
      await expect(tiles(page)).toHaveCount(2);
      await expectFlow(page, 1);
    }
  });
});

test("R-602: another device of the user takes the place in the call", async ({ newPage, server }) => {
  const [{ page: alice }, bob] = await Promise.all([caller({ newPage, server }, "alice"), caller({ newPage, server }, "bob")]);
  await friends(alice, bob.page);
  const phone = await newPage();
  await phone.addInitScript(rememberConnections);
  await phone.goto(server.url);
  await logIn(phone, "bob", bob.words);

  await press(alice, "Start an audio call");
  await press(bob.page, "Accept audio");
  // Answered: it rings no more on the other device.
  await expect(phone.getByRole("region", { name: "Incoming call" })).toHaveCount(0);
  await expectFlow(alice, 1, false);
  await openChat(phone, "alice");
  await press(phone, /^Join the call/);
  await expect(bob.page.getByText("The call goes on on another of your devices.")).toBeVisible();
  await Promise.all([expectFlow(alice, 1, false), expectFlow(phone, 1, false)]);
  await expect(call(bob.page)).toHaveCount(0);
});

test("without a microphone one is told how to mend it, and may listen", async ({ newPage, server }) => {
  const { page: alice } = await caller({ newPage, server }, "alice");
  const bob = await newPage();
  await bob.addInitScript(rememberConnections);
  await bob.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  });
  await bob.goto(server.url);
  await register(bob, "bob");
  await friends(alice, bob);

  await press(alice, "Start an audio call");
  await press(bob, "Accept audio");
  await expect(call(bob)).toContainText("The microphone is not allowed");
  await expectAccessible(bob, "a call without a microphone");
  await press(bob, "Join without microphone");
  await expectFlow(bob, 1, false);
  await expect(tiles(alice).filter({ hasText: "bob" }).getByRole("img", { name: "Muted:" })).toBeVisible();
  // The button that was pressed is gone; the keys still work.
  await bob.keyboard.press("Escape");
  await expect(call(bob)).toHaveCount(0);
  await expect(bob.getByRole("region", { name: /^Call: / })).toBeVisible();
});
