/** Soft sounds, made by the browser itself: no file is fetched. */

let context: AudioContext | null = null;

/** The page's sound, once the user has touched the page; before, browsers allow none. */
async function sound(): Promise<AudioContext | null> {
  if (!("AudioContext" in globalThis) || !navigator.userActivation?.hasBeenActive) return null;
  context ??= new AudioContext();
  // Paused while the page was in the background, perhaps.
  if (context.state !== "running") await context.resume();
  return context;
}

/** One note: hertz, seconds from now, seconds of length, loudness to 1. */
type Note = readonly [pitch: number, at: number, length: number, loudness: number];

function play(audio: AudioContext, notes: readonly Note[]): () => void {
  const oscillators = notes.map(([pitch, at, length, loudness]) => {
    const oscillator = new OscillatorNode(audio, { type: "sine", frequency: pitch });
    const gain = new GainNode(audio, { gain: 0 });
    const start = audio.currentTime + at;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + length);
    return oscillator;
  });
  return () => {
    for (const oscillator of oscillators) oscillator.stop();
  };
}

const CHIME: readonly Note[] = [
  [659.26, 0, 0.35, 0.05],
  [987.77, 0.09, 0.5, 0.04],
];

const RING: readonly Note[] = [
  [523.25, 0, 0.7, 0.09],
  [659.26, 0.18, 0.7, 0.08],
  [783.99, 0.36, 1.1, 0.07],
];

/** How often the ring tone comes, in milliseconds. */
const RING_EVERY = 2_800;
/** Messages that come together are heard as one. */
const CHIME_EVERY = 1_500;

let lastChime = 0;

/** The sound of a new message. */
export async function playChime(): Promise<void> {
  const now = Date.now();
  if (now - lastChime < CHIME_EVERY) return;
  lastChime = now;
  const audio = await sound();
  if (audio !== null) play(audio, CHIME);
}

/** Rings until the answered function is called. */
export function startRinging(): () => void {
  let silence: () => void = () => undefined;
  let over = false;
  const once = async (): Promise<void> => {
    const audio = await sound();
    if (audio !== null && !over) silence = play(audio, RING);
  };
  void once();
  const timer = setInterval(() => void once(), RING_EVERY);
  return () => {
    over = true;
    clearInterval(timer);
    silence();
  };
}
