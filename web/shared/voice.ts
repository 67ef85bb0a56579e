/**
 * A talk from browser to browser (WebRTC): sound and nothing else, enciphered between the two. What the two must tell each other to meet goes through the centre;
 * what is spoken never does. Nothing here can keep it: there is no recorder in this file, and its streams leave it for a loudspeaker only.
 */

export interface Description {
  type: "description";
  kind: "offer" | "answer";
  sdp: string;
}
export interface Candidate {
  type: "candidate";
  candidate: string;
  mid: string;
}
export type Signal = Description | Candidate;

export type Trouble = "microphone" | "network";

/** A connection that is broken for so long will not mend itself while somebody waits. */
const BROKEN_MS = 8_000;
const WITHIN_MS = 20_000;

/** The microphone, or null where there is none or it is not allowed. */
export async function microphone(): Promise<MediaStream | null> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true }, video: false });
  } catch {
    return null;
  }
}

export class Voice {
  private readonly peer: RTCPeerConnection;
  private readonly speaker = new Audio();
  private readonly early: Candidate[] = [];
  private described = false;
  private over = false;
  private broken: ReturnType<typeof setTimeout> | undefined;

  /** `own`: this side's microphone, null where it has none; then it only hears. */
  constructor(
    ice: RTCIceServer[],
    private readonly own: MediaStream | null,
    private readonly say: (signal: Signal) => void,
    private readonly heard: { connected: () => void; trouble: (trouble: Trouble) => void },
  ) {
    this.peer = new RTCPeerConnection({ iceServers: ice });
    this.peer.onicecandidate = ({ candidate }) => say({ type: "candidate", candidate: candidate?.candidate ?? "", mid: candidate?.sdpMid ?? "" });
    this.peer.ontrack = ({ track }) => {
      this.speaker.srcObject = new MediaStream([track]);
      void this.speaker.play().catch(() => undefined);
    };
    this.peer.onconnectionstatechange = () => this.changed();
    this.broken = setTimeout(() => this.fail(), WITHIN_MS);
  }

  async offer(): Promise<void> {
    if (this.own) for (const track of this.own.getAudioTracks()) this.peer.addTrack(track, this.own);
    await this.peer.setLocalDescription(await this.peer.createOffer({ offerToReceiveAudio: true }));
    this.describe("offer");
  }

  async take(signal: Signal): Promise<void> {
    if (this.over) return;
    if (signal.type === "candidate") {
      if (this.described) await this.meet(signal);
      else this.early.push(signal);
      return;
    }
    await this.peer.setRemoteDescription({ type: signal.kind, sdp: signal.sdp });
    this.described = true;
    if (signal.kind === "offer") {
      if (this.own) for (const track of this.own.getAudioTracks()) this.peer.addTrack(track, this.own);
      await this.peer.setLocalDescription(await this.peer.createAnswer());
      this.describe("answer");
    }
    for (const one of this.early.splice(0)) await this.meet(one);
  }

  /** It is over here: the microphone is off before anything else. */
  close(): void {
    this.over = true;
    clearTimeout(this.broken);
    for (const track of this.own?.getTracks() ?? []) track.stop();
    this.peer.close();
    this.speaker.srcObject = null;
  }

  private describe(kind: "offer" | "answer"): void {
    this.say({ type: "description", kind, sdp: this.peer.localDescription!.sdp });
  }

  private async meet({ candidate, mid }: Candidate): Promise<void> {
    // An empty one says that there are no more; browsers disagree on how they want to be told.
    if (candidate) await this.peer.addIceCandidate({ candidate, sdpMid: mid }).catch(() => undefined);
  }

  private changed(): void {
    if (this.over) return;
    const state = this.peer.connectionState;
    if (state === "connected") {
      clearTimeout(this.broken);
      this.broken = undefined;
      this.heard.connected();
    } else if (state === "failed" || state === "closed") this.fail();
    else if (state === "disconnected") this.broken ??= setTimeout(() => this.fail(), BROKEN_MS);
  }

  private fail(): void {
    if (!this.over) this.heard.trouble("network");
  }
}
