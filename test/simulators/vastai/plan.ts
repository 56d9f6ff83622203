import { type FaultName, type Strike, struck } from './faults.ts';
import { findImage } from './images.ts';
import type { Instance } from './instance.ts';
import type { World } from './world.ts';

/** What docker says when it is the machine that cannot pull, and not the image that cannot be pulled. */
const MACHINE_PULL_ERRORS = [
  'Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout\n',
  'failed to register layer: write /usr/lib/libcudnn.so.9: no space left on device\n',
  'error pulling image configuration: download failed after attempts=6: dial tcp: i/o timeout\n',
];

/** How a start will go. All times after its beginning [ms], boot factor included. */
export type StartPlan = {
  readonly loadingMs: number;
  readonly pulledMs: number;
  /** What goes wrong, if anything does. */
  readonly strike: Strike | null;
  /** Shown as the reason by those that fail in the pull. */
  readonly pullError: string | null;
};

const MINUTE = 60_000;
/** A pull that failed shows `loading` for about so long before the provider gives up. */
export const GIVES_UP_MS = 7 * MINUTE;

/** Decides with the image, then what is forced, then the rules of faults, then the machine's own habit. */
export function planStart(w: World, i: Instance, forced: Strike | null): StartPlan {
  const pullError = whyNoPull(w, i);
  const strike = pullError === null ? (forced ?? findStrike(w, i)) : struck('pull_error');
  const slow = strike?.fault === 'slow_boot' ? strike.number('factor') : 1;
  const loadingMs = w.bootFactor * w.starts.between(1500, 6000);
  return {
    loadingMs,
    pulledMs: loadingMs + w.bootFactor * slow * pullMs(w, i),
    strike,
    pullError: pullError ?? MACHINE_PULL_ERRORS[i.id % MACHINE_PULL_ERRORS.length] ?? null,
  };
}

function findStrike(w: World, i: Instance): Strike | null {
  const byRule = w.faults.strike('start', {
    machine_id: i.machine.id,
    host_id: i.machine.host,
    ask_id: i.askId,
    instance_id: i.id,
    label: i.label,
    image: i.image,
    gpu_name: i.machine.gpu.name,
  });
  if (byRule !== null) return byRule;
  const { habit, habitProbability } = i.machine;
  if (habit === 'good' || w.starts.next() >= habitProbability) return null;
  return struck(habit satisfies FaultName);
}

/** What is the renter's own fault. */
function whyNoPull(w: World, i: Instance): string | null {
  const image = findImage(w.images, i.image);
  if (image === null || image.missing)
    return `Error response from daemon: manifest for ${i.image} not found: manifest unknown\n`;
  if (image.login !== undefined && image.login !== i.order.login)
    return `Error response from daemon: pull access denied for ${i.image}, repository does not exist or may require 'docker login'\n`;
  return null;
}

/** Through the machine's line, unpacked by its processor; the second time it is there. */
function pullMs(w: World, i: Instance): number {
  const gb = findImage(w.images, i.image)?.size_gb ?? 0;
  const overhead = w.starts.around(9000, 0.4);
  if (w.pulled.has(`${i.machine.id} ${i.image}`)) return overhead;
  return overhead + ((gb * 8_000_000) / i.machine.down) * i.machine.drag * w.starts.around(1, 0.25);
}
