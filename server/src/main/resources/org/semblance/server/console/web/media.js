/**
 * Pictures that the person dropped on the page. They are decoded here and go nowhere; what is drawn is 160 pixels wide, blurred,
 * grey and still, until the person holds the peek key.
 */
import { html, useEffect, useRef, useState } from "./html.js";
import { clock } from "./format.js";
import { countView, prefer, prefs } from "./prefs.js";
import { store, useStore } from "./store.js";
import { Action } from "./ui.js";

/** Of every decoded picture, in pixels; what is larger on the screen is scaled up. */
const WIDTH = 160;
const SECONDS_A_FRAME = 5;
const MOST_FRAMES = 12;
const AT_A_TIME = 4;

/** The file that is shown unblurred while the key is held. */
const peeked = store(/** @type {File | null} */ (null));

document.addEventListener("visibilitychange", () => {
  document.documentElement.classList.toggle("away", document.hidden);
});

let running = 0;
const waiting = [];

/** Has few pictures decoded at a time. */
async function inTurn(work) {
  if (running >= AT_A_TIME) {
    await new Promise((go) => waiting.push(go));
  }
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

export const isVideo = (file) => file.type.startsWith("video/");

function draw(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = Math.min(bitmap.height, bitmap.width * 3);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
}

/** Frames of a video, one each five seconds, silent and never played. */
async function frames(file, most, each) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  const url = URL.createObjectURL(file);
  const event = (name) => new Promise((done, failed) => {
    video.addEventListener(name, done, { once: true });
    video.addEventListener("error", () => failed(new Error("not a video that this browser shows")), { once: true });
  });
  try {
    const ready = event("loadeddata");
    video.src = url;
    await ready;
    const count = Math.min(most, Math.max(1, Math.ceil((video.duration || 1) / SECONDS_A_FRAME)));
    for (let i = 0; i < count; i++) {
      const seconds = i * SECONDS_A_FRAME;
      const there = event("seeked");
      video.currentTime = Math.min(seconds + 0.01, video.duration || 0);
      await there;
      each(await createImageBitmap(video, { resizeWidth: WIDTH }), seconds);
    }
  } finally {
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}

/** A thumbnail of a local file. */
export function Thumb({ file, name }) {
  const canvas = useRef(null);
  const [failed, setFailed] = useState(false);
  const isPeeked = useStore(peeked) === file;
  useEffect(() => {
    let gone = false;
    inTurn(async () => {
      if (gone) {
        return;
      }
      const show = (bitmap) => (gone ? bitmap.close() : draw(canvas.current, bitmap));
      if (isVideo(file)) {
        await frames(file, 1, show);
      } else {
        show(await createImageBitmap(file, { resizeWidth: WIDTH, resizeQuality: "medium", imageOrientation: "from-image" }));
      }
    }).catch(() => !gone && setFailed(true));
    return () => { gone = true; };
  }, [file]);
  return failed
    ? html`<span class="frame none">no preview</span>`
    : html`<span class="frame"><canvas ref=${canvas} class=${`media ${isPeeked ? "peek" : ""}`} width=${WIDTH} height="120"
        role="img" aria-label=${`${name || file.name}, ${isPeeked ? "shown clearly" : "blurred"}`}></canvas></span>`;
}

/** The frames of a video in a row. */
export function Strip({ file }) {
  const strip = useRef(null);
  const isPeeked = useStore(peeked) === file;
  useEffect(() => {
    let gone = false;
    inTurn(() => frames(file, MOST_FRAMES, (bitmap, seconds) => {
      if (gone || !strip.current) {
        bitmap.close();
        return;
      }
      const canvas = document.createElement("canvas");
      canvas.className = "media";
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `the frame at ${clock(seconds)}`);
      draw(canvas, bitmap);
      const frame = document.createElement("span");
      frame.className = "frame";
      frame.append(canvas);
      strip.current.append(frame);
    })).catch(() => {});
    return () => { gone = true; };
  }, [file]);
  return html`<div class=${`strip ${isPeeked ? "peek" : ""}`} ref=${strip}></div>`;
}

/** The controls of all pictures on a screen: peek at the current one, greyscale, blur. */
export function MediaActions({ file }) {
  const { blur, grey } = useStore(prefs);
  return html`
    <${Action} id="peek" keys=" " label="Peek (hold)" off=${!file} run=${() => { if (peeked.get() !== file) { peeked.set(file); countView(); } }}
      release=${() => peeked.set(null)} title="Shows the current picture clearly while held; counts as a view" />
    <${Action} id="grey" keys="y" label=${grey ? "Grey: on" : "Grey: off"} run=${() => prefer({ grey: !grey })} />
    <${Action} id="blur" keys="b" label=${`Blur: ${blur}`} run=${() => prefer({ blur: (blur + 1) % 7 })} />`;
}
