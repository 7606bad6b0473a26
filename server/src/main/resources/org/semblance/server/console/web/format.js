/** Numbers and times as people read them. */

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const TIME = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

export const number = (n) => (n == null ? "–" : NUMBER.format(n));

export const time = (iso) => (iso ? TIME.format(new Date(iso)) : "–");

export const day = (iso) => (iso ? DAY.format(new Date(iso)) : "–");

export const percent = (share) => (share == null ? "–" : NUMBER.format(share * 100) + " %");

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(n) {
  if (n == null) {
    return "–";
  }
  let unit = 0;
  let left = n;
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit++;
  }
  return `${NUMBER.format(left)} ${UNITS[unit]}`;
}

/** Seconds as m:ss. */
export const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export const plural = (n, one, many = one + "s") => `${number(n)} ${n === 1 ? one : many}`;

/** The start of the day so many days ago, in UTC. */
export function daysAgo(days) {
  const at = new Date(Date.now() - days * 86_400_000);
  at.setUTCHours(0, 0, 0, 0);
  return at.toISOString().replace(".000Z", "Z");
}
