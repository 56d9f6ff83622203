import type { NamedPort, Protocol } from '../../domain/endpoint.ts';
import type { InstanceWire } from './wire.ts';

/** Where the ports of a class are kept with the instance: only numbers come back from the API otherwise. */
const VARIABLE = 'BERTH_PORTS';
const FIRST = 8000;

export type PlacedPort = { readonly name: string; readonly protocol: Protocol; readonly number: number };

/** Where each port listens inside the container: where its class says, else from 8000 on. */
export function placePorts(ports: readonly NamedPort[]): readonly PlacedPort[] {
  const taken = new Set(ports.map((p) => p.number));
  let next = FIRST;
  return ports.map(({ name, protocol, number }) => {
    while (number === undefined && taken.has(next)) next++;
    return { name, protocol, number: number ?? next++ };
  });
}

/** `BERTH_PORT_HTTP` for `http`, as the other providers have it. */
const portVariable = (name: string): string => `BERTH_PORT_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

/** Docker's flags and the variables that tell of them, as Vast.ai wants them: one key for each port, no ranges. */
export function portEnv(ports: readonly PlacedPort[]): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { name, number } of ports) {
    env[`-p ${number}:${number}`] = '1';
    env[portVariable(name)] = `${number}`;
  }
  env[VARIABLE] = ports.map((p) => `${p.name}:${p.protocol}:${p.number}`).join(',');
  return env;
}

/** What `portEnv` wrote, read from a row of the API; null: it is not there or not readable. */
export function portsIn(row: Pick<InstanceWire, 'extra_env'>): readonly PlacedPort[] | null {
  const written = row.extra_env?.find((pair) => pair?.[0] === VARIABLE)?.[1];
  if (written === undefined) return null;
  if (written === '') return [];
  const ports = `${written}`.split(',').map(readPort);
  return ports.every((p) => p !== null) ? ports : null;
}

function readPort(text: string): PlacedPort | null {
  const found = /^([^:,]+):([a-z]+):(\d{1,5})$/.exec(text);
  const [, name, protocol, number] = found ?? [];
  if (name === undefined || number === undefined || !isProtocol(protocol)) return null;
  return { name, protocol, number: Number(number) };
}

const isProtocol = (p: string | undefined): p is Protocol => p === 'http' || p === 'grpc' || p === 'tcp';
