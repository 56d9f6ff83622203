import { byId, make, say } from './dom.js';
import { hostName } from './format.js';
import { ask, hasToken, Refused, setToken } from './stream.js';

// Native dialogs: they hold the focus, close with Escape and give the focus back.

let permission = { mayAct: false, tokens: true };
let reconnect = () => undefined;
export const setPermission = (hello) => {
  permission = hello;
  byId('token').hidden = !hello.tokens;
  byId('token').textContent = hello.mayAct ? 'Forget token' : 'Admin token';
};
export const onToken = (fn) => {
  reconnect = fn;
};

export function open(title, fill) {
  const heading = make('h2', { id: 'dialog-title' }, title);
  const problem = make('p', { className: 'problem', role: 'alert', hidden: true });
  const dialog = make('dialog', { 'aria-labelledby': 'dialog-title' });
  const form = make('form', { noValidate: true });
  dialog.append(form);
  const close = () => dialog.close();
  const fail = (err) => {
    problem.textContent = err instanceof Error ? err.message : String(err);
    problem.hidden = false;
  };
  form.append(heading, ...fill({ close, fail, form, dialog }));
  form.querySelector('.buttons')?.before(problem);
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export const cancelButton = (close, text = 'Cancel') => make('button', { type: 'button', onclick: close }, text);

/** Runs `work` when the form is sent; the button waits for it, and a refusal is shown in the dialog. */
function onSubmit(form, button, { close, fail }, work) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await work();
      close();
    } catch (err) {
      if (err instanceof Refused && (err.reason === 'TOKEN_MISSING' || err.reason === 'TOKEN_INVALID')) {
        close();
        askToken(err.message);
      } else fail(err);
    } finally {
      button.disabled = false;
    }
  });
}

let tokenDialog = null;

/** @param then what was wanted, done once the token is there */
export function askToken(why, then) {
  if (tokenDialog?.open) {
    tokenDialog.querySelector('.why').textContent = why;
    return;
  }
  tokenDialog = open('Admin token', ({ close, fail, form }) => {
    const input = make('input', {
      type: 'password',
      autocomplete: 'off',
      spellcheck: false,
      required: true,
      id: 'token-input',
      autofocus: true,
    });
    const button = make('button', { type: 'submit', className: 'main' }, 'Use it');
    onSubmit(form, button, { close, fail }, async () => {
      const value = input.value.trim();
      if (!/^[\x21-\x7e]{1,512}$/.test(value))
        throw new Error('That is no token: it is one word of printable characters.');
      setToken(value);
      try {
        setPermission(await ask('me'));
      } catch (err) {
        setToken(null);
        throw new Error(err.message);
      }
      reconnect();
      if (then !== undefined) setTimeout(then, 0);
    });
    return [
      make('p', { className: 'why' }, why),
      make('label', { for: 'token-input' }, 'Token', input),
      make(
        'p',
        { className: 'hint' },
        'It is kept in this tab only, until you close it. Make one with: berth token create --role admin',
      ),
      make('div', { className: 'buttons' }, cancelButton(close), button),
    ];
  });
}

/** The button of the page's head. */
export function tokenPressed() {
  if (!hasToken()) return askToken('Changing something takes an admin token.');
  setToken(null);
  say('The token was forgotten.');
  reconnect();
}

const withPermission = (then) => {
  if (permission.mayAct) then();
  else askToken('Changing something takes an admin token.', then);
};

export const askReserve = (reserve) => withPermission(() => openReserve(reserve));
export const askTerminate = (row) => withPermission(() => openTerminate(row));

export const askRenting = (renting) => withPermission(() => openRenting(renting));
export const askBan = (host, done) => withPermission(() => openBan(host, done));
export const askUnban = (host, done) => withPermission(() => openUnban(host, done));

function openRenting({ on }) {
  const title = on ? 'Stop all renting?' : 'Allow renting again?';
  open(title, ({ close, fail, form }) => {
    const why = make('input', { type: 'text', maxLength: 256, id: 'renting-why', autocomplete: 'off' });
    const button = make(
      'button',
      { type: 'submit', className: on ? 'danger' : 'main' },
      on ? 'Stop renting' : 'Allow renting',
    );
    onSubmit(form, button, { close, fail }, async () => {
      await ask('renting', { on: !on, why: why.value.trim() });
      say(on ? 'Nothing more is rented.' : 'Renting is allowed again.');
    });
    return [
      make(
        'p',
        {},
        on
          ? 'No provider is asked for another instance, until it is allowed again. Sessions in use go on, ready instances of the reserve are handed out, what is over is destroyed.'
          : 'Sessions that wait get their instances, and the reserve is filled.',
      ),
      make('label', { for: 'renting-why' }, 'Why, for all who wait and the event log', why),
      make('div', { className: 'buttons' }, cancelButton(close), button),
    ];
  });
}

const placeOf = ({ provider, machine, host }) => (machine === '' ? { provider, host } : { provider, machine });

const DAY_MS = 86_400_000;

function openBan(host, done) {
  open(`Ban ${hostName(host)}?`, ({ close, fail, form }) => {
    const reason = make('input', {
      type: 'text',
      maxLength: 256,
      id: 'ban-reason',
      autocomplete: 'off',
      autofocus: true,
    });
    const days = make('input', {
      type: 'number',
      min: '1',
      max: '3650',
      step: '1',
      inputMode: 'numeric',
      id: 'ban-days',
    });
    const button = make('button', { type: 'submit', className: 'danger' }, 'Ban');
    onSubmit(form, button, { close, fail }, async () => {
      if (reason.value.trim() === '') throw new Error('Say why: it is shown to whoever wonders later.');
      const count = days.value === '' ? null : Number(days.value);
      if (count !== null && !(Number.isInteger(count) && count >= 1 && count <= 3_650))
        throw new Error('Give whole days, 1 to 3,650, or leave it empty.');
      const termMs = count === null ? null : count * DAY_MS;
      await ask('ban', { ...placeOf(host), termMs, reason: reason.value.trim() });
      say(`Nothing is rented on ${hostName(host)} any more.`);
      done();
    });
    return [
      make('p', {}, 'Nothing new is rented there. What runs there goes on.'),
      make('label', { for: 'ban-reason' }, 'Why', reason),
      make('label', { for: 'ban-days' }, 'Days (empty: as long as bans last by themselves)', days),
      make('div', { className: 'buttons' }, cancelButton(close), button),
    ];
  });
}

function openUnban(host, done) {
  open(`Unban ${hostName(host)}?`, ({ close, fail, form }) => {
    const button = make('button', { type: 'submit', className: 'main' }, 'Unban');
    onSubmit(form, button, { close, fail }, async () => {
      await ask('unban', placeOf(host));
      say(`${hostName(host)} may be rented again.`);
      done();
    });
    return [
      make('p', {}, `It was banned as ${host.ban.reason}: ${host.ban.evidence}`),
      host.hostBan ? make('p', {}, `Its host ${host.host} is banned, too, and stays so.`) : '',
      make('div', { className: 'buttons' }, cancelButton(close), button),
    ];
  });
}

function openReserve({ class: name, target, configuredTarget, setBy }) {
  open(`Reserve of ${name}`, ({ close, fail, form }) => {
    const input = make('input', {
      type: 'number',
      min: '0',
      max: '100000',
      step: '1',
      inputMode: 'numeric',
      value: String(target),
      id: 'reserve-target',
      autofocus: true,
    });
    const set = make('button', { type: 'submit', className: 'main' }, 'Set');
    const send = async (value) => {
      const after = await ask('reserve', { class: name, target: value });
      say(`The reserve of ${name} is ${after.target} now.`);
    };
    onSubmit(form, set, { close, fail }, async () => {
      const value = Number(input.value);
      if (input.value === '' || !Number.isInteger(value) || value < 0)
        throw new Error('Give a whole number from 0 on.');
      await send(value);
    });
    const back = make(
      'button',
      { type: 'button', onclick: () => send(null).then(close, fail) },
      `Back to ${configuredTarget}, as configured`,
    );
    return [
      make('label', { for: 'reserve-target' }, 'Instances kept ready', input),
      make(
        'p',
        { className: 'hint' },
        `Configured: ${configuredTarget}${setBy ? `; set to ${target} by ${setBy}` : ''}. The caps of providers hold whatever is set here.`,
      ),
      make('div', { className: 'buttons' }, cancelButton(close), setBy ? back : null, set),
    ];
  });
}

export const titleOf = (row) => row.name || row.id;

function openTerminate(row) {
  open('End this session?', ({ close, fail, form }) => {
    const detail = make('input', { type: 'text', maxLength: 500, id: 'terminate-detail', autocomplete: 'off' });
    const button = make('button', { type: 'submit', className: 'danger' }, 'End session');
    onSubmit(form, button, { close, fail }, async () => {
      await ask('terminate', { id: row.id, detail: detail.value.trim() });
      say(`${titleOf(row)} is being ended.`);
    });
    return [
      make(
        'p',
        {},
        make('strong', {}, titleOf(row)),
        ` of ${row.owner || 'nobody named'}, tenant ${row.tenant}, class ${row.class}, is ${row.phase}.`,
      ),
      make('p', {}, 'Its connections are cut and its instance is destroyed. This cannot be taken back.'),
      make('label', { for: 'terminate-detail' }, 'Why, for its owner and the event log', detail),
      make(
        'div',
        { className: 'buttons' },
        make('button', { type: 'button', onclick: close, autofocus: true }, 'Keep it'),
        button,
      ),
    ];
  });
}
