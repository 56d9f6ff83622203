import { createHash } from 'node:crypto';
import type { Template } from './instance.ts';
import { holds, isObject, parseTests, type Row } from './operators.ts';
import { json, type Reply, refuse } from './reply.ts';
import type { World } from './world.ts';

const FIELDS = [
  'name',
  'image',
  'tag',
  'href',
  'repo',
  'env',
  'onstart',
  'jup_direct',
  'ssh_direct',
  'use_jupyter_lab',
  'runtype',
  'use_ssh',
  'jupyter_dir',
  'docker_login_repo',
  'docker_login_user',
  'docker_login_pass',
  'extra_filters',
  'recommended_disk_space',
  'readme',
  'readme_visible',
  'desc',
  'private',
  'args_str',
  'volume_info',
] as const;
const DEFAULTS: Row = { runtype: 'args', recommended_disk_space: 8, private: true, extra_filters: {} };
const SECRET = new Set(['docker_login_user', 'docker_login_pass']);

function row(t: Template): Row {
  const shown = Object.fromEntries(Object.entries(t.fields).filter(([name]) => !SECRET.has(name)));
  // Seen so: this one comes back as text.
  const extra_filters = JSON.stringify(t.fields.extra_filters ?? {});
  return { ...shown, extra_filters, id: t.id, hash_id: t.hash_id, creator_id: t.creator_id, created_at: t.created_at };
}

/** GET template/: one's own and public ones. */
export function listTemplates(w: World, query: URLSearchParams): Reply {
  const asked = read(query.get('select_filters'));
  const tests = Object.entries(asked).flatMap(([f, raw]) => parseTests(f, raw, 'invalid_request', 'select_filters'));
  const found = [...w.templates.values()].map(row).filter((r) => tests.every((t) => holds(r, t)));
  return json({ success: true, templates_found: found.length, templates: found });
}

export const createdTemplates = (w: World): Reply =>
  json({ templates: [...w.templates.values()].filter((t) => t.creator_id === w.account.id).map(row) });

function read(raw: string | null): Row {
  try {
    const asked: unknown = JSON.parse(raw ?? '{}');
    if (isObject(asked)) return asked;
  } catch {
    // Told below.
  }
  return refuse(400, 'invalid_request', 'select_filters: Input should be a valid dictionary');
}

/** POST template/. What is the same already is not made again. */
export function createTemplate(w: World, body: Row, creator_id: number = w.account.id): Reply {
  const fields = fieldsOf(body, DEFAULTS);
  const hash_id = hashOf(fields);
  const same = [...w.templates.values()].find((t) => t.hash_id === hash_id && t.creator_id === creator_id);
  if (same !== undefined) return made(same, `created or existing found. New Template ID: ${same.id}`);
  w.nextId += 1;
  const created_at = Math.floor(w.clock.now() / 1000);
  const template: Template = { id: w.nextId, hash_id, creator_id, created_at, fields };
  w.templates.set(template.id, template);
  return made(template, `Template created. New Template ID: ${template.id}`);
}

/** PUT v1/template/ with the whole template, or v0 with the changes: the hash is new, the id is not. */
export function updateTemplate(w: World, body: Row, whole: boolean): Reply {
  const old = [...w.templates.values()].find(
    (t) => t.hash_id === body.hash_id && (!whole || t.id === body.id) && t.creator_id === w.account.id,
  );
  if (old === undefined) return refuse(404, 'not_found', 'template not found');
  const fields = fieldsOf(body, whole ? DEFAULTS : old.fields);
  const next: Template = { ...old, hash_id: hashOf(fields), fields };
  w.templates.set(next.id, next);
  return made(next, `Template updated. New Template ID: ${next.id}`);
}

/** DELETE template/ by {template_id} or {hash_id} */
export function deleteTemplate(w: World, body: Row): Reply {
  const found = [...w.templates.values()].find((t) =>
    body.template_id === undefined ? t.hash_id === body.hash_id : t.id === body.template_id,
  );
  if (found === undefined) return refuse(404, 'not_found', 'template not found');
  w.templates.delete(found.id);
  return json({ success: true, msg: 'template deleted' });
}

function fieldsOf(body: Row, from: Row): Row {
  if (body.env !== undefined && body.env !== null && typeof body.env !== 'string')
    return refuse(400, 'invalid_args', 'env: Input should be a valid string');
  const fields: Record<string, unknown> = {};
  for (const name of FIELDS) fields[name] = body[name] ?? from[name] ?? null;
  if (typeof fields.name !== 'string' || typeof fields.image !== 'string')
    return refuse(400, 'invalid_args', 'name and image are required');
  return fields;
}

/** It covers the content, so that equal ones of several users share it. */
const hashOf = (fields: Row): string => createHash('md5').update(JSON.stringify(fields)).digest('hex');

const made = (t: Template, msg: string): Reply => json({ success: true, msg, template: row(t) });
