/** What a configuration is refused with, line by line. @throws Error if it is accepted */
export function refusalOf(read: () => unknown): string[] {
  try {
    read();
  } catch (err) {
    if (err instanceof Error && err.name === 'ConfigError') return err.message.split('\n');
    throw err;
  }
  throw new Error('was accepted');
}
