import type { Offer } from '../../src/domain/offer.ts';
import type { Resources } from '../../src/domain/resources.ts';

/** What a class asks for that rents on a market. */
export const GPU: Resources = {
  cpu: { request: 4, limit: 4 },
  memory: { request: 16e9, limit: 16e9 },
  gpuModel: '',
  gpuCount: 1,
  gpuMemory: 20e9,
  disk: 20e9,
};

/** An offer that does for `GPU`, complete and plausible. */
export const anOffer = (over: Partial<Offer> = {}): Offer => ({
  id: 'o1',
  granted: {
    cpu: { request: 8, limit: 8 },
    memory: { request: 64e9, limit: 64e9 },
    gpuModel: 'RTX 4090',
    gpuCount: 1,
    gpuMemory: 25.7e9,
    disk: 20e9,
  },
  microsPerHour: 400_000,
  storageMicrosPerHour: 4_000,
  machine: 'm1',
  host: 'h1',
  region: 'DE',
  reliability: 0.99,
  downMbps: 800,
  cuda: 12.8,
  directPorts: 10,
  verified: true,
  datacenter: false,
  interruptible: false,
  ...over,
});

/** Several offers on machines of their own, dearer one by one. */
export const offers = (n: number, over: (i: number) => Partial<Offer> = () => ({})): readonly Offer[] =>
  Array.from({ length: n }, (_, i) =>
    anOffer({
      id: `o${i + 1}`,
      machine: `m${i + 1}`,
      host: `h${i + 1}`,
      microsPerHour: 400_000 + i * 1_000,
      ...over(i),
    }),
  );
