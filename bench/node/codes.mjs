// The agencies' own codes and spellings, read as the floor reads them.

const { codes, zone } = JSON.parse(process.env.GUICHET_BENCH_KNOWN);
const KEPT = 100_000;
const BUSINESS_NUMBER = /^[0-9]{9}R[CMPT][0-9]{4}$/;

export const code = (list, value) => codes[list][value] ?? null;
export const isBusinessNumber = (value) => value !== null && BUSINESS_NUMBER.test(value);
export const shown = (value) => (value === null ? null : value.trimEnd() || null);

function remembered(make) {
  const kept = new Map();
  return (value) => {
    let found = kept.get(value);
    if (found === undefined) {
      if (kept.size >= KEPT) kept.clear();
      kept.set(value, (found = make(value)));
    }
    return found;
  };
}

export const plain = remembered((value) => value.replace(/[^0-9A-Za-z]/g, "").toUpperCase());

const clock = new Intl.DateTimeFormat("en-CA", {
  timeZone: zone,
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

function local(moment) {
  const parts = Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, value]));
  return { day: parts.year + parts.month + parts.day, clock: parts.hour + parts.minute };
}

const wall = ({ day, clock }) =>
  Date.UTC(day.slice(0, 4), day.slice(4, 6) - 1, day.slice(6), clock.slice(0, 2), clock.slice(2));
const ahead = (moment) => wall(local(moment)) - moment;
const iso = (moment) => new Date(moment).toISOString().replace(".000", "");

// Of a time that the clocks show twice, the first; of one that they skip, as if they had not yet moved.
const moment = remembered((dated) => {
  const shownAt = wall({ day: dated.slice(0, 8), clock: dated.slice(8) });
  const before = ahead(shownAt - 86_400_000);
  const after = ahead(shownAt + 86_400_000);
  const early = shownAt - before;
  return iso(ahead(early) !== before && ahead(shownAt - after) === after ? shownAt - after : early);
});

export const instant = (day, clock) => moment(day + clock);

export function since(text) {
  const { day, clock } = local(Date.parse(text));
  return [day, clock];
}

// "2026-11-24 17:00:00.5+00", as PostgreSQL writes it in UTC.
export function stamp(text) {
  if (text === null) return null;
  const [whole, fraction] = text.slice(0, text.indexOf("+")).split(".");
  return `${whole.replace(" ", "T")}${fraction ? `.${fraction.padEnd(6, "0")}` : ""}Z`;
}
