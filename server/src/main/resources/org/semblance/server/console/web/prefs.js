/** What a person sets for herself, in this browser alone. */
import { store } from "./store.js";

const NAME = "semblance.safety";

export const DEFAULTS = {
  blur: 4, // 0 to 6
  grey: true,
  size: 160, // pixels
  theme: "dark",
  shortcuts: true,
  keys: {}, // action to key, where it differs from the standard
  breakMinutes: 45, // 0: no reminder
};

function load() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(NAME) || "{}") };
  } catch {
    return DEFAULTS;
  }
}

export const prefs = store(load());

function apply(now) {
  const root = document.documentElement;
  root.style.setProperty("--blur", `${now.blur * 4}px`);
  root.style.setProperty("--grey", now.grey ? "1" : "0");
  root.style.setProperty("--thumb", `${now.size}px`);
  const light = now.theme === "light" || (now.theme === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  root.dataset.theme = light ? "light" : "dark";
}

apply(prefs.get());
prefs.follow((now) => {
  localStorage.setItem(NAME, JSON.stringify(now));
  apply(now);
});

export const prefer = (change) => prefs.set((now) => ({ ...now, ...change }));

/** How many pictures were looked at unblurred today, in this browser. */
export const views = store(readViews());

function readViews() {
  const [day, count] = (localStorage.getItem("semblance.views") || "").split(" ");
  return day === today() ? Number(count) : 0;
}

function today() {
  return new Date().toDateString().replaceAll(" ", "-");
}

export function countView() {
  views.set(readViews() + 1);
  localStorage.setItem("semblance.views", `${today()} ${views.get()}`);
}
