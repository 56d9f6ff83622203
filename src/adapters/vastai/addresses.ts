import { BlockList, isIP } from 'node:net';

/** Where no machine of a market is: a lying host must not lead the proxy into our own network. IANA's registries of
 *  special addresses, 2026. */
const PRIVATE: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  // 6to4 holds an IPv4 address, which may be any of those above.
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

type Network = { readonly address: string; readonly prefix: number };

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** One list for each family: in a common one `::ffff:0:0/96` stands for every IPv4 address. */
function inAny(networks: readonly Network[]): (address: string) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const { address, prefix } of networks) lists[familyOf(address)].addSubnet(address, prefix, familyOf(address));
  return (address) => lists[familyOf(address)].check(address, familyOf(address));
}

const isPrivate = inAny(PRIVATE.map(([address, prefix]) => ({ address, prefix })));

/** Tells why an address must not be connected to; null: it may be.
 *  @param allowed networks that may be though they are private */
export function createAddressCheck(allowed: readonly Network[]): (address: string) => string | null {
  const isAllowed = inAny(allowed);
  return (address) => {
    if (isIP(address) === 0) return 'its address is no IP address';
    if (isAllowed(address) || !isPrivate(address)) return null;
    return `its address ${address} is private, and not among those that are allowed`;
  };
}
