import { crashMatrix } from '../support/crash-matrix.ts';

crashMatrix('sqlite', () => undefined);
