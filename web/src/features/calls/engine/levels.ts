/** Who is speaking: the level of a sound, watched without keeping any of it. */

/** How often the level is taken, in milliseconds. */
const EVERY = 100;
/** Root mean square of samples from −1 to 1: above the first someone begins to speak, below the second stops. */
const LOUD = 0.02;
const QUIET = 0.01;
/** Pauses between words are no silence, in milliseconds. */
const HOLD = 400;

/** Turns levels into «speaks» and «does not», without flicker. */
export class SpeechGate {
  #speaking = false;
  #lastLoud = 0;

  /** Takes a level at a moment in milliseconds; answers whether someone speaks. */
  take(level: number, now: number): boolean {
    if (level >= (this.#speaking ? QUIET : LOUD)) {
      this.#speaking = true;
      this.#lastLoud = now;
    } else if (now - this.#lastLoud > HOLD) {
      this.#speaking = false;
    }
    return this.#speaking;
  }
}

let context: AudioContext | null = null;

/** Tells whenever someone in the stream begins or stops to speak; answers the function that ends it. */
export function watchSpeech(track: MediaStreamTrack, changed: (speaking: boolean) => void): () => void {
  if (!("AudioContext" in globalThis)) return () => undefined;
  context ??= new AudioContext();
  const audio = context;
  if (audio.state === "suspended") void audio.resume().catch(() => undefined);
  const source = new MediaStreamAudioSourceNode(audio, { mediaStream: new MediaStream([track]) });
  const analyser = new AnalyserNode(audio, { fftSize: 1024 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const gate = new SpeechGate();
  let before = false;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    const speaking = gate.take(Math.sqrt(sum / samples.length), performance.now());
    if (speaking !== before) changed(speaking);
    before = speaking;
  }, EVERY);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}
