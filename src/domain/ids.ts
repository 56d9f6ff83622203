/** Lower-case, sortable by time of creation, start with a letter, DNS-label safe: they become Service names. */
export type SessionId = `s-${string}`;
export type InstanceId = `i-${string}`;
export type ProxyId = `p-${string}`;
export type TokenId = `t-${string}`;

export const isSessionId = (s: string): s is SessionId => /^s-[0-9a-z]{26}$/.test(s);
export const isInstanceId = (s: string): s is InstanceId => /^i-[0-9a-z]{26}$/.test(s);
export const isProxyId = (s: string): s is ProxyId => /^p-[0-9a-z]{26}$/.test(s);
