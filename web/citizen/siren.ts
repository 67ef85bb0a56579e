/** Two-tone siren made here, no file. It starts only by the person's own tap. */
const LOW_HZ = 660;
const HIGH_HZ = 990;

export class Siren {
  private context: AudioContext | null = null;

  get on(): boolean {
    return this.context !== null;
  }

  start(): void {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const sweep = context.createOscillator();
    const depth = context.createGain();
    tone.type = "square";
    tone.frequency.value = (LOW_HZ + HIGH_HZ) / 2;
    sweep.type = "square";
    sweep.frequency.value = 1;
    depth.gain.value = (HIGH_HZ - LOW_HZ) / 2;
    sweep.connect(depth).connect(tone.frequency);
    tone.connect(context.destination);
    tone.start();
    sweep.start();
    this.context = context;
  }

  stop(): void {
    void this.context?.close();
    this.context = null;
  }
}
