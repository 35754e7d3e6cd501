/** Epoch seconds, as WhatsApp counts. */
export const inSeconds = (at = Date.now()) => Math.floor(at / 1000)

/** Do it in so many milliseconds; nobody is kept alive by it. */
export const later = (milliseconds, act) => setTimeout(act, milliseconds).unref()
