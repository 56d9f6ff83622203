import type { Instance } from './instance.ts';
import { round } from './market.ts';
import { offerRow } from './offer-row.ts';
import type { World } from './world.ts';

/** Columns that are not stored: they can be read, and not filtered by. */
export const COMPUTED = new Set(['dph_total', 'num_gpus', 'duration', 'uptime_mins', 'ports', 'search', 'instance']);

/** An instance as the API shows it. */
export function instanceRow(w: World, i: Instance): Readonly<Record<string, unknown>> {
  const now = w.clock.now();
  const { machine: m, order } = i;
  const offer = offerRow(
    { id: i.askId, machine: m, gpus: i.gpus },
    { bid: order.bid !== null, storageGb: order.diskGb },
    true,
    now,
  );
  const {
    ask_contract_id: _,
    expected_reliability: __,
    rented: ___,
    rentable: ____,
    bundled_results: _____,
    ...about
  } = offer;
  const shown = i.portsShown ? [...i.ports.values()] : [];
  return {
    ...about,
    id: i.id,
    actual_status: i.actual,
    intended_status: i.intended,
    cur_state: i.cur,
    next_state: i.next,
    status_msg: message(i, now),
    label: i.label,
    template_id: order.template?.id ?? null,
    template_hash_id: order.template?.hash_id ?? null,
    template_name: order.template?.fields.name ?? null,
    image_uuid: i.image,
    image_args: order.args,
    image_runtype: order.runtype,
    extra_env: order.extraEnv,
    onstart: order.onstart,
    jupyter_token: null,
    start_date: i.createdMs / 1000,
    duration: (now - i.createdMs) / 1000,
    uptime_mins: i.ranFromMs === null ? null : (now - i.ranFromMs) / 60_000,
    public_ipaddr: address(i),
    local_ipaddrs: '192.168.1.17 172.17.0.1 \n',
    ports: i.portsShown ? portMap(i) : {},
    direct_port_start: shown.length === 0 ? -1 : Math.min(...shown),
    direct_port_end: shown.length === 0 ? -1 : Math.max(...shown),
    direct_port_count: m.ports,
    machine_dir_ssh_port: -1,
    ssh_host: `ssh${(i.id % 9) + 1}.vast.ai`,
    ssh_port: 10_000 + (i.id % 50_000),
    ssh_idx: `${(i.id % 9) + 1}`,
    dph_base: round(i.gpuPerHour, 6),
    dph_total: round(i.gpuPerHour + i.storagePerHour, 8),
    is_bid: order.bid !== null,
    disk_space: order.diskGb,
    disk_usage: -1,
    disk_util: -1,
    gpu_util: i.actual === 'running' ? 0 : null,
    gpu_temp: i.actual === 'running' ? 41 : null,
    mem_usage: null,
    mem_limit: null,
    credit_balance: null,
    credit_discount: null,
    country_code: m.place?.slice(-2) ?? null,
    volume_info: [],
  };
}

/** It may be there before the instance runs; some machines' ends in a newline. */
function address(i: Instance): string | null {
  if (i.actual === null && i.machine.id % 2 === 0) return null;
  return i.machine.id % 3 === 0 ? '127.0.0.1\n' : '127.0.0.1';
}

/** Ports are strings, and each is bound twice. */
function portMap(i: Instance): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    i.order.ports.map((p) => {
      const HostPort = `${i.ports.get(p.inner)}`;
      return [
        `${p.inner}/${p.protocol}`,
        [
          { HostIp: '0.0.0.0', HostPort },
          { HostIp: '::', HostPort },
        ],
      ];
    }),
  );
}

const LAYER = '4f4fb700ef54';

function message(i: Instance, nowMs: number): string | null {
  if (i.pull === null) return i.msg;
  const { fromMs, toMs, gb } = i.pull;
  // Who never ends is stuck somewhere in the middle.
  const part = Number.isFinite(toMs) ? (nowMs - fromMs) / Math.max(1, toMs - fromMs) : 0.37;
  if (part < 0.05) return `Pulling from ${i.image}`;
  if (part > 0.9) return `${LAYER}: Extracting`;
  const bar = '='.repeat(Math.floor(part * 30));
  return `${LAYER}: Downloading [${bar}>${' '.repeat(30 - bar.length)}] ${(gb * part).toFixed(2)}GB/${gb.toFixed(2)}GB`;
}
