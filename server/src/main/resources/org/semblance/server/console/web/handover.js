/** Hands files from one screen to the next one; the browser gives no other way to keep them. */
let files = null;

export const passOn = {
  give(some) {
    files = some;
  },
  take() {
    const given = files;
    files = null;
    return given;
  },
};
