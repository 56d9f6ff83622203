/**
 * Why an instance failed, as far as it is known: what the host registry and the next attempt learn from.
 * - `slow`: it was not ready by its boot deadline
 * - `pull`, `runtime`: its machine could not get the image, or not start the container
 * - `exited`, `offline`, `vanished`, `restarted`, `unanswering`: it was lost, starting or in use
 * - `preempted`: outbid or taken back; nobody's failing
 * - `ours`: image, command, login or credit; every other machine would fail as well
 * - `offer-gone`, `limited`: surely nothing was rented: somebody was faster, or the provider lets no call through
 */
export type Cause =
  | 'slow'
  | 'pull'
  | 'runtime'
  | 'exited'
  | 'offline'
  | 'vanished'
  | 'restarted'
  | 'unanswering'
  | 'preempted'
  | 'ours'
  | 'offer-gone'
  | 'limited';
