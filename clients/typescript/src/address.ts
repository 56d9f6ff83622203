const LOOPBACK = /^(unix:|localhost(:|$)|127\.|\[::1\]|::1$)/;

/** Whether the address of a broker is on this machine. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(address.replace(/^(dns:\/*|ipv4:|ipv6:)/, ''));
