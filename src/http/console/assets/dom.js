// Making elements. Whatever comes from users becomes text here, never markup.

/** `props`: properties; what begins with `data-` or `aria-`, and `role`, `colspan`, `for`: attributes. */
export function make(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (/^(data-|aria-|role$|scope$|for$)/.test(name)) element.setAttribute(name, String(value));
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** @returns {any} a field, by its id */
export const field = (id) => byId(id);

/** A link only where the address is one of the web. */
export function link(url, text) {
  if (!/^https?:\/\//.test(url)) return make('span', { className: 'mono' }, text);
  return make('a', { href: url, target: '_blank', rel: 'noopener noreferrer', className: 'mono' }, text);
}

export const tag = (text, tone, title) => make('span', { className: 'tag', 'data-tone': tone, title }, text);

/** Says it to everybody, also to who does not see the page. */
export function say(text, tone = 'good') {
  const box = byId('said');
  const line = make('p', { 'data-tone': tone }, text);
  box.append(line);
  setTimeout(() => line.remove(), 6_000);
}
