import { crashMatrix } from '../support/crash-matrix.ts';

// As embedded: one file, and an nginx for each session.
crashMatrix('sqlite with nginx-local', () => ({ proxy: 'nginx-local' }));
